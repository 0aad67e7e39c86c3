export const errorCodes = [
  'microphone-denied',
  'microphone-dismissed',
  'microphone-denied-by-system',
  'microphone-denied-by-policy',
  'microphone-missing',
  'microphone-busy',
  'microphone-overconstrained',
  'microphone-unsupported',
  'microphone-ended',
  'microphone-muted-by-system',
  'token-refresh-failed',
  'token-malformed',
  'token-expired',
  'unauthorized',
  'signalling-rejected',
  'signalling-unavailable',
  'agent-unreachable',
  'relay-refused',
  'relay-unreachable',
  'agent-error',
  'protocol-error',
  'context-not-built',
  'text-too-long',
  'connection-lost',
  'call-moved',
  'reconnect-exhausted',
  'session-unreadable',
  'session-newer',
  'session-missing',
  'session-open-elsewhere',
  'session-exists',
  'session-recovered',
  'session-rolled-back',
  'session-busy',
  'tab-unreachable',
  'value-unreadable',
  'value-rolled-back',
  'key-unavailable',
  'key-wrong',
  'storage-unavailable',
  'storage-unreachable',
  'storage-newer',
  'storage-quota',
  'storage-write-failed',
  'change-failed',
  'tab-storage-full',
  'erased',
  'erase-failed',
  'passphrase-wrong',
  'file-damaged',
  'file-truncated',
  'file-newer',
  'consent-missing',
  'chunk-load-failed',
  'not-connected',
  'call-on',
  'too-late',
  'superseded',
  'not-mounted',
  'invalid-option',
  'disposed',
  'internal',
] as const

/** Codes of all errors that the package reports: a closed union, so that an app can switch on it. */
export type VoiceErrorCode = (typeof errorCodes)[number]

/** An error as the store holds it: serialisable, without tokens and without anything that was said. */
export interface VoiceError {
  code: VoiceErrorCode
  /** Describes the error for developers, without a secret. Users read `texts.errors[code]` of the assistant, or your own text. */
  message: string
  /** True if trying again can help. */
  recoverable: boolean
  /** The provider's own code, such as OpenAI's `insufficient_quota`; left out if it gave none. */
  providerCode?: string | undefined
}

/** Page that explains each code. */
export const errorDocs = 'docs/reference/errors.md'

/** Codes of errors that another try can't solve. */
const final: readonly VoiceErrorCode[] = [
  'microphone-denied-by-policy',
  'microphone-unsupported',
  'token-malformed',
  'signalling-rejected',
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

const isRecoverable = (code: VoiceErrorCode) => !final.includes(code)

/** True for an identifier. Any other text of a provider may hold words of the conversation. */
export const isProviderCode = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value)

/**
 * Error with a code of {@link VoiceErrorCode}. Methods throw it for mistakes in the app's code, and their promises reject with it.
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
  /** Milliseconds to wait, if a server asked for them by `Retry-After`. */
  readonly retryAfterMs: number | undefined
  /** The provider's own code, such as OpenAI's `insufficient_quota`. A text that is no identifier is left out. */
  readonly providerCode: string | undefined

  /**
   * @param detail Sentence for developers: what was expected, what came, and where. Must not contain a token or anything that was said.
   *   @default the address of the page that explains the code
   */
  constructor(
    code: VoiceErrorCode,
    detail?: string,
    options?: { cause?: unknown; recoverable?: boolean; retryAfterMs?: number; providerCode?: unknown },
  ) {
    super(
      detail ?? `See ${errorDocs}#${code}.`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.recoverable = options?.recoverable ?? isRecoverable(code)
    this.retryAfterMs = options?.retryAfterMs
    this.providerCode = isProviderCode(options?.providerCode) ? options.providerCode : undefined
  }
}

/** Converts a thrown value for the store. Uses the message of a `VoiceAgentError` only, because any other may contain secrets. */
export function toVoiceError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceError {
  const { code, message, recoverable, providerCode } = asVoiceAgentError(thrown, fallback)
  return { code, message, recoverable, ...(providerCode === undefined ? {} : { providerCode }) }
}

/** Wraps a foreign error, which becomes the cause. */
export function asVoiceAgentError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError(fallback, undefined, { cause: thrown })
}
