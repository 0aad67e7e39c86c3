import { VoiceAgentError } from '../../../../store/index.js'

/** What a failed opening is called. A database that a newer version of this package has raised opens in no older one. */
export function asOpenError(thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  const isNewer = thrown instanceof Error && thrown.name === 'VersionError'
  const detail =
    "A newer version of this app has taken over the browser's storage. Reload to get it: what is said until then is not kept."
  return new VoiceAgentError('storage-unavailable', isNewer ? detail : undefined, { cause: thrown })
}

/** What a failed write is called. A full disk is known by the error's name alone: its message can be empty. */
export function asWriteError(thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  if (thrown instanceof Error && thrown.name === 'VersionError') return asOpenError(thrown)
  const isQuota = thrown instanceof Error && thrown.name === 'QuotaExceededError'
  return new VoiceAgentError(isQuota ? 'storage-quota' : 'storage-write-failed', undefined, { cause: thrown })
}
