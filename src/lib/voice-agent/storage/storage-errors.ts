import { VoiceAgentError } from '../../../../store/index.js'

const isNamed = (thrown: unknown, name: string) => thrown instanceof Error && thrown.name === name

/** What a failed opening is called. A database that a newer version of this package has raised opens in no older one. */
export function asOpenError(thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  const isNewer = isNamed(thrown, 'VersionError')
  const detail =
    "A newer version of this app has taken over the browser's storage. Reload to get it: what is said until then is not kept."
  return new VoiceAgentError('storage-unavailable', isNewer ? detail : undefined, { cause: thrown })
}

/** What failed that somebody asked for at a time when the storage was open: it may well work the next time. */
export function asAccessError(thrown: unknown): VoiceAgentError {
  const error = asOpenError(thrown)
  if (error === thrown || isNamed(thrown, 'VersionError')) return error
  const detail = "Stored conversations can't be reached at the moment. Try again, or reload the page."
  return new VoiceAgentError('storage-unavailable', detail, { cause: thrown, recoverable: true })
}

/** What a failed write is called. A full disk is known by the error's name alone: its message can be empty. */
export function asWriteError(thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  if (isNamed(thrown, 'VersionError')) return asOpenError(thrown)
  const isQuota = isNamed(thrown, 'QuotaExceededError')
  return new VoiceAgentError(isQuota ? 'storage-quota' : 'storage-write-failed', undefined, { cause: thrown })
}
