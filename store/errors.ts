import type { VoiceErrorCode } from './error-codes.js'

/** An error as stored in the state: serialisable, without tokens or conversation text. */
export interface VoiceError {
  code: VoiceErrorCode
  /** Describes the error for developers, without secrets. Users see `texts.errors[code]` of the assistant, or your own text. */
  message: string
  /** True if trying again may help. */
  recoverable: boolean
  /** The provider's own error code, such as OpenAI's `insufficient_quota`; absent if it sent none. */
  providerCode?: string | undefined
}

/** Page that explains each code, as a path in `node_modules`. */
export const ERROR_DOCS = 'redux-voice-agent/docs/reference/errors.md'

/** Codes of errors that retrying can't fix. */
const final: readonly VoiceErrorCode[] = [
  'microphone-denied-by-policy',
  'microphone-unsupported',
  'token-malformed',
  'signalling-rejected',
  'webrtc-unsupported',
  'call-moved',
  'text-too-long',
  'session-newer',
  'session-missing',
  'session-rolled-back',
  'value-rolled-back',
  'too-late',
  'superseded',
  'erased',
  'storage-unavailable',
  'storage-newer',
  'not-mounted',
  'invalid-option',
  'disposed',
]

/** Turns `storage-write-failed` into "Storage write failed." */
const toSentence = (code: VoiceErrorCode) => `${code[0]?.toUpperCase()}${code.slice(1).replaceAll('-', ' ')}.`

/** True for an identifier. Any other text from a provider may contain words of the conversation. */
export const isProviderCode = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value)

/**
 * Error with a {@link VoiceErrorCode}. Methods throw it for mistakes in the app's code, and their promises reject with it.
 *
 * @example
 * agent.connect().catch((error) => {
 *   if (error instanceof VoiceAgentError && error.code === 'microphone-denied') showMicrophoneHelp()
 * })
 */
export class VoiceAgentError extends Error {
  override readonly name = 'VoiceAgentError'
  readonly code: VoiceErrorCode
  readonly recoverable: boolean
  /** Milliseconds to wait, if the server sent `Retry-After`. */
  readonly retryAfterMs: number | undefined
  /** The provider's own error code, such as OpenAI's `insufficient_quota`. Dropped if it is not an identifier. */
  readonly providerCode: string | undefined

  /**
   * @param detail Sentence for developers: what was expected, what was received, and where. Must not contain tokens or conversation text.
   *   @default the words of the code, and a link to the page that explains it
   */
  constructor(
    code: VoiceErrorCode,
    detail = `${toSentence(code)} See ${ERROR_DOCS}#${code}.`,
    {
      cause,
      recoverable = !final.includes(code),
      retryAfterMs,
      providerCode,
    }: {
      cause?: unknown
      recoverable?: boolean
      retryAfterMs?: number | undefined
      providerCode?: unknown
    } = {},
  ) {
    super(detail, cause === undefined ? undefined : { cause })
    this.code = code
    this.recoverable = recoverable
    this.retryAfterMs = retryAfterMs
    this.providerCode = isProviderCode(providerCode) ? providerCode : undefined
  }
}

/** A function, so that only bundles that use it contain its text. */
export const sessionMissing = () =>
  new VoiceAgentError('session-missing', 'No session with this id is stored here: call listSessions().')

/** Converts a thrown value for the store. Keeps only the message of a `VoiceAgentError`, because others may contain secrets. */
export function toVoiceError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceError {
  const { code, message, recoverable, providerCode } = asVoiceAgentError(thrown, fallback)
  return { code, message, recoverable, ...(providerCode && { providerCode }) }
}

/** Wraps any other error as the cause of a `VoiceAgentError`. */
export function asVoiceAgentError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError(fallback, undefined, { cause: thrown })
}
