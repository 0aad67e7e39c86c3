import { type RestoreReason, VoiceAgentError } from '../../store/index.js'

/** Ends a restoration that restores nothing. `isFailure`: there was something, and it is kept as it is. */
export class NotRestored extends Error {
  constructor(
    readonly reason: RestoreReason,
    readonly isFailure: boolean,
    options?: ErrorOptions,
  ) {
    super(reason, options)
  }
}

export function unreadable(cause: unknown): NotRestored {
  const code = cause instanceof VoiceAgentError ? cause.code : null
  if (code === 'session-open-elsewhere') return new NotRestored('open-in-another-tab', true, { cause })
  const reason = code === 'storage-unavailable' ? code : 'session-unreadable'
  return new NotRestored(reason, true, { cause })
}

/** What may well succeed the next time: the stored token is left where the next page finds it. */
export function isPassing(reason: RestoreReason, cause: unknown): boolean {
  const isKeyMissing = cause instanceof VoiceAgentError && cause.code === 'key-unavailable'
  return isKeyMissing || reason === 'storage-unavailable' || isTokenToBlame(reason)
}

export function isTokenToBlame(reason: RestoreReason): boolean {
  return reason === 'token-expired' || reason === 'token-refresh-failed'
}
