import { VoiceAgentError, type VoiceErrorCode } from '../../../../../store/index.js'

const isNamed = (thrown: unknown, name: string) => thrown instanceof Error && thrown.name === name

/**
 * Converts an error from opening the database. A `VersionError` means that a newer build has upgraded the database.
 *
 * @param detail Message for a database that was open before. The code is then `storage-unreachable`, because a retry may work.
 */
export function asOpenError(thrown: unknown, detail?: string): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  if (isNamed(thrown, 'VersionError'))
    return new VoiceAgentError('storage-newer', undefined, { cause: thrown })
  return new VoiceAgentError(detail ? 'storage-unreachable' : 'storage-unavailable', detail, {
    cause: thrown,
  })
}

/** Converts the error of a failed write. Recognises a full disk by the error's name, because the message can be empty. */
export function asWriteError(thrown: unknown): VoiceAgentError {
  if (thrown instanceof VoiceAgentError) return thrown
  if (isNamed(thrown, 'VersionError')) return asOpenError(thrown)
  const isQuota = isNamed(thrown, 'QuotaExceededError')
  return new VoiceAgentError(isQuota ? 'storage-quota' : 'storage-write-failed', undefined, { cause: thrown })
}

/** Like {@link asWriteError}, for a change that the user requested: unlike a save, it is not retried. */
export function asChangeError(thrown: unknown): VoiceAgentError {
  const error = asWriteError(thrown)
  return error.code === 'storage-write-failed'
    ? new VoiceAgentError('change-failed', undefined, { cause: error })
    : error
}

/** Converts the error of a session that could not be read. */
export function asUnreadable(error: unknown): VoiceAgentError {
  const codes: readonly VoiceErrorCode[] = [
    'session-unreadable',
    'session-newer',
    'session-open-elsewhere',
    'key-unavailable',
    'key-wrong',
    'storage-unavailable',
    'storage-unreachable',
    'storage-newer',
  ]
  if (error instanceof VoiceAgentError && codes.includes(error.code)) return error
  return new VoiceAgentError('session-unreadable', undefined, { cause: error })
}

/** True if a later request has replaced this one. */
export const isSuperseded = (error: unknown) =>
  error instanceof VoiceAgentError && error.code === 'superseded'
