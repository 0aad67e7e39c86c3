/** Codes of all errors that the package reports: a closed union, so that an app can switch on it. */
export type VoiceErrorCode =
  | 'microphone-denied'
  | 'microphone-dismissed'
  | 'microphone-denied-by-system'
  | 'microphone-denied-by-policy'
  | 'microphone-missing'
  | 'microphone-busy'
  | 'microphone-overconstrained'
  | 'microphone-unsupported'
  | 'microphone-ended'
  | 'microphone-muted-by-system'
  | 'token-refresh-failed'
  | 'token-malformed'
  | 'token-expired'
  | 'unauthorized'
  | 'signalling-rejected'
  | 'signalling-unavailable'
  | 'agent-unreachable'
  | 'relay-refused'
  | 'relay-unreachable'
  | 'agent-error'
  | 'protocol-error'
  | 'connection-lost'
  | 'call-moved'
  | 'reconnect-exhausted'
  | 'session-unreadable'
  | 'session-missing'
  | 'session-open-elsewhere'
  | 'session-exists'
  | 'session-recovered'
  | 'session-rolled-back'
  | 'key-unavailable'
  | 'key-wrong'
  | 'storage-unavailable'
  | 'storage-quota'
  | 'storage-write-failed'
  | 'tab-storage-full'
  | 'erased'
  | 'erase-failed'
  | 'passphrase-wrong'
  | 'file-damaged'
  | 'file-truncated'
  | 'file-newer'
  | 'consent-missing'
  | 'chunk-load-failed'
  | 'not-connected'
  | 'superseded'
  | 'not-mounted'
  | 'invalid-option'
  | 'disposed'
  | 'internal'

/** An error as the store holds it: serialisable, without tokens and without anything that was said. */
export interface VoiceError {
  code: VoiceErrorCode
  /** Says what happened and what the user can do about it. */
  message: string
  /** True if trying again can help. */
  recoverable: boolean
  /** The provider's own code, such as OpenAI's `insufficient_quota`; left out if it gave none. */
  providerCode?: string | undefined
}

/** Shared by the codes of an import, which are thrown with a message of their own, to keep the page's first load small. */
const fileText = "This file can't be opened. Nothing was changed."

/** Messages for users, except for the codes that only a mistake in the app's code can cause. Developers get the code and the cause. */
const texts: Record<VoiceErrorCode, string> = {
  'microphone-denied': "Microphone blocked. Allow it in your browser's site settings.",
  'microphone-dismissed': 'The microphone is not allowed. Try again and choose Allow.',
  'microphone-denied-by-system':
    "Your system blocks the microphone for this browser. Allow it in the system's privacy settings.",
  'microphone-denied-by-policy': 'This page may not use a microphone. You can type.',
  'microphone-missing': 'No microphone found. Plug one in and try again.',
  'microphone-busy': 'Another app is using the microphone. Close it and try again.',
  'microphone-overconstrained': "Your microphone doesn't meet the needs of this page. Choose another one.",
  'microphone-ended': 'The microphone was disconnected. Plug it in again.',
  'microphone-muted-by-system':
    'Your system or a switch on the device has muted the microphone. Turn it on there.',
  'microphone-unsupported': "This page or browser can't use a microphone. You can type.",
  'token-refresh-failed': "Couldn't sign in to the voice agent. Try again.",
  'token-malformed': "Couldn't connect. Your conversation is saved.",
  'token-expired': 'Your sign-in has expired. Try again, or start a new conversation.',
  unauthorized: "Couldn't sign in to the voice agent. Try again.",
  'signalling-rejected': 'The agent did not accept the call. Try again later.',
  'signalling-unavailable': "Couldn't connect. Your conversation is saved.",
  'agent-unreachable': 'The agent did not answer. Try again.',
  'relay-refused':
    "The call can't get through from this network right now: the relay refused it. Your conversation is saved.",
  'relay-unreachable':
    "The call can't get through from this network right now: the relay did not answer. Your conversation is saved.",
  'agent-error': 'The agent reported an error. Try again.',
  'protocol-error': "A message from the agent couldn't be read. The call continues.",
  'connection-lost': 'Connection lost. Your conversation is saved.',
  'call-moved': 'This conversation continues on another device.',
  'reconnect-exhausted': "Couldn't reconnect. Your conversation is saved.",
  'session-unreadable': "The earlier conversation can't be opened in this tab. It was left unchanged.",
  'session-missing': 'This conversation is no longer stored in this browser.',
  'session-open-elsewhere': 'This conversation is open in another tab. Close it there, then try again.',
  'session-exists': 'A conversation with this id is stored in this browser. It was left unchanged.',
  'session-recovered':
    "This conversation was continued in another tab. This tab's last messages were saved as a separate one.",
  'session-rolled-back':
    'The last messages are missing: this browser has only an older copy of the conversation.',
  'key-unavailable': "Earlier conversations can't be unlocked right now. Reload to try again.",
  'key-wrong':
    "The passphrase doesn't open the conversations stored in this browser. They were left unchanged. Check it and try again.",
  'storage-unavailable': "Messages won't survive a reload.",
  'storage-quota': "The browser's storage is full. New messages won't survive a reload.",
  'storage-write-failed': "The last messages couldn't be saved yet. Saving is retried automatically.",
  'tab-storage-full':
    "This tab's own storage is full. After a reload, choose this conversation from your earlier ones.",
  erased: 'All stored conversations were deleted in this browser. Reload to start again.',
  'erase-failed': "Stored conversations couldn't be deleted. Try again.",
  'passphrase-wrong': fileText,
  'file-damaged': fileText,
  'file-truncated': fileText,
  'file-newer': fileText,
  'consent-missing': 'This conversation is not saved in this browser, because you have not allowed it.',
  'chunk-load-failed':
    "A part of this page couldn't be loaded. Check your network and try again, or reload it.",
  'not-connected': 'There is no call. Start the conversation first.',
  superseded: 'A later request replaced this one.',
  'not-mounted':
    'No store contains this voice agent: add voiceAgent.reducer under voiceAgent.reducerPath and voiceAgent.middleware to configureStore.',
  'invalid-option': 'An option of createVoiceAgent is not valid.',
  disposed: 'This voice agent has been disposed.',
  internal: 'Something went wrong in the voice agent. Try again, or reload the page.',
}

export const errorCodes = Object.keys(texts) as VoiceErrorCode[]

/** Codes of errors that another try can't solve. */
const final: readonly VoiceErrorCode[] = [
  'microphone-denied-by-policy',
  'microphone-unsupported',
  'token-malformed',
  'signalling-rejected',
  'call-moved',
  'session-missing',
  'session-rolled-back',
  'superseded',
  'erased',
  'storage-unavailable',
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

  /** @param detail Replaces the code's own message. Must not contain a token or anything that was said. */
  constructor(
    code: VoiceErrorCode,
    detail?: string,
    options?: { cause?: unknown; recoverable?: boolean; retryAfterMs?: number; providerCode?: unknown },
  ) {
    super(detail ?? texts[code], options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.recoverable = options?.recoverable ?? isRecoverable(code)
    this.retryAfterMs = options?.retryAfterMs
    this.providerCode = isProviderCode(options?.providerCode) ? options.providerCode : undefined
  }
}

/** Codes whose own messages name endpoints, answers and tokens: the store has the user's message, a rejection the developer's. */
const forDevelopers: readonly VoiceErrorCode[] = [
  'token-refresh-failed',
  'token-malformed',
  'token-expired',
  'unauthorized',
  'signalling-rejected',
  'signalling-unavailable',
  'agent-unreachable',
]

/** Converts a thrown value for the store. Uses the message of a `VoiceAgentError` only, because any other may contain secrets. */
export function toVoiceError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceError {
  const { code, message, recoverable, providerCode } = asVoiceAgentError(thrown, fallback)
  return {
    code,
    message: forDevelopers.includes(code) ? texts[code] : message,
    recoverable,
    ...(providerCode === undefined ? {} : { providerCode }),
  }
}

/** Wraps a foreign error, which becomes the cause. */
export function asVoiceAgentError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError(fallback, undefined, { cause: thrown })
}
