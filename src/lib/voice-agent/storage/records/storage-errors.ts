import { VoiceAgentError } from '../../../../../store/index.js'

const isNamed = (thrown: unknown, name: string) => thrown instanceof Error && thrown.name === name

/**
 * What a failed opening is called. A database that a newer version of this package has raised opens in no older one.
 *
 * @param detail Of one that was open before: what failed now may well work the next time.
 */
export function asOpenError(thrown: unknown, detail?: string): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  const isNewer = isNamed(thrown, 'VersionError')
  const newer =
    "A newer version of this app has taken over the browser's storage. Reload to get it: what is said until then is not kept."
  const recoverable = !isNewer && !!detail
  return new VoiceAgentError('storage-unavailable', isNewer ? newer : detail, { cause: thrown, recoverable })
}

/** What a failed write is called. A full disk is known by the error's name alone: its message can be empty. */
export function asWriteError(thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  if (isNamed(thrown, 'VersionError')) return asOpenError(thrown)
  const isQuota = isNamed(thrown, 'QuotaExceededError')
  return new VoiceAgentError(isQuota ? 'storage-quota' : 'storage-write-failed', undefined, { cause: thrown })
}
