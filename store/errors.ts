/** Every reason the package can give for something that went wrong. A closed union, so that an app can switch on it. */
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
  | 'reconnect-exhausted'
  | 'session-unreadable'
  | 'session-missing'
  | 'session-open-elsewhere'
  | 'session-rolled-back'
  | 'key-unavailable'
  | 'storage-unavailable'
  | 'storage-quota'
  | 'storage-write-failed'
  | 'chunk-load-failed'
  | 'not-connected'
  | 'superseded'
  | 'not-mounted'
  | 'invalid-option'
  | 'disposed'
  | 'internal'

/** An error as the store holds it: serialisable, and free of tokens and of what was said. */
export interface VoiceError {
  code: VoiceErrorCode
  /** A sentence that says what happened and what a person can do about it. */
  message: string
  /** Whether trying again can help. */
  recoverable: boolean
}

const texts: Record<VoiceErrorCode, string> = {
  'microphone-denied': "Microphone blocked. Allow it in your browser's site settings.",
  'microphone-dismissed': 'The microphone was not allowed yet. Try again.',
  'microphone-denied-by-system':
    "Your system keeps the microphone from this browser. Allow it in the system's privacy settings.",
  'microphone-denied-by-policy': 'This page may not use a microphone: the site around it does not allow it.',
  'microphone-missing': 'No microphone found. Plug one in and try again.',
  'microphone-busy': 'Another app is using the microphone. Close it and try again.',
  'microphone-overconstrained': 'No microphone here does what this page asks for. Try another one.',
  'microphone-ended': 'The microphone was disconnected. Plug it in again.',
  'microphone-unsupported': 'This page cannot use a microphone. Open it over HTTPS.',
  'token-refresh-failed': 'No access to the agent could be had. Try again.',
  'token-malformed': 'The token endpoint answered without a usable token, expiry or session id.',
  'token-expired': 'The session has expired. Try again, or start a new conversation.',
  unauthorized: 'The agent refused the access token.',
  'signalling-rejected': 'The agent refused the call.',
  'signalling-unavailable': "Couldn't connect. Your conversation is kept.",
  'agent-unreachable': 'The agent did not answer. Try again.',
  'relay-refused':
    'The relay that calls go through here (TURN) refused its credentials. Your conversation is kept.',
  'relay-unreachable':
    "The relay that calls go through here (TURN) can't be reached. Your conversation is kept.",
  'agent-error': 'The agent reported an error.',
  'protocol-error': 'The agent sent a message that could not be read.',
  'connection-lost': 'Connection lost.',
  'reconnect-exhausted': "Couldn't reconnect. Your conversation is kept.",
  'session-unreadable': "The earlier conversation can't be opened in this tab. It is kept as it is.",
  'session-missing': 'There is no such stored conversation.',
  'session-open-elsewhere': 'This conversation is open in another tab. Close it there, then try again.',
  'session-rolled-back': 'The last messages are missing: an older copy of this conversation was found.',
  'key-unavailable':
    'The key to earlier conversations could not be had. They are kept as they are: reload to try again.',
  'storage-unavailable': "Messages won't survive a reload.",
  'storage-quota': "The browser's storage is full. New messages won't survive a reload.",
  'storage-write-failed': "The last messages couldn't be saved yet. It is tried again.",
  'chunk-load-failed':
    "A part of this page couldn't be loaded. Check your network and try again, or reload it.",
  'not-connected': 'There is no call. Start the conversation first.',
  superseded: 'A later request replaced this one.',
  'not-mounted':
    'The voice agent is not in a store yet: add voiceAgent.reducer under voiceAgent.reducerPath and voiceAgent.middleware to configureStore.',
  'invalid-option': 'An option of createVoiceAgent is not valid.',
  disposed: 'This voice agent has been disposed of.',
  internal: 'Something went wrong inside the voice agent.',
}

export const errorCodes = Object.keys(texts) as VoiceErrorCode[]

/** Codes of errors that trying again can't help. */
const final: readonly VoiceErrorCode[] = [
  'microphone-denied-by-policy',
  'microphone-unsupported',
  'token-malformed',
  'signalling-rejected',
  'session-missing',
  'session-rolled-back',
  'superseded',
  'storage-unavailable',
  'not-mounted',
  'invalid-option',
  'disposed',
]

const isRecoverable = (code: VoiceErrorCode) => !final.includes(code)

/**
 * An error with a code of {@link VoiceErrorCode}: thrown for a programmer's mistakes, rejected with by the facades.
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
  /** What a server asked for by `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined

  /** @param detail Replaces the code's own sentence. Must hold no token and nothing that was said. */
  constructor(
    code: VoiceErrorCode,
    detail?: string,
    options?: { cause?: unknown; recoverable?: boolean; retryAfterMs?: number },
  ) {
    super(detail ?? texts[code], options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.recoverable = options?.recoverable ?? isRecoverable(code)
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** The reverse of {@link toVoiceError}. */
export function toVoiceAgentError({ code, message, recoverable }: VoiceError): VoiceAgentError {
  return new VoiceAgentError(code, message, { recoverable })
}

/** The serialisable form of whatever was thrown. Only our own errors' words are kept: a foreign one may hold anything. */
export function toVoiceError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceError {
  const { code, message, recoverable } = asVoiceAgentError(thrown, fallback)
  return { code, message, recoverable }
}

/** Wraps a foreign error, which becomes the cause. */
export function asVoiceAgentError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError(fallback, undefined, { cause: thrown })
}
