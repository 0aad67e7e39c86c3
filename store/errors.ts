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

const texts: Record<VoiceErrorCode, { message: string; recoverable: boolean }> = {
  'microphone-denied': {
    message: "Microphone blocked. Allow it in your browser's site settings.",
    recoverable: true,
  },
  'microphone-dismissed': { message: 'The microphone was not allowed yet. Try again.', recoverable: true },
  'microphone-denied-by-system': {
    message: "Your system keeps the microphone from this browser. Allow it in the system's privacy settings.",
    recoverable: true,
  },
  'microphone-denied-by-policy': {
    message: 'This page may not use a microphone: the site around it does not allow it.',
    recoverable: false,
  },
  'microphone-missing': { message: 'No microphone found. Plug one in and try again.', recoverable: true },
  'microphone-busy': {
    message: 'Another app is using the microphone. Close it and try again.',
    recoverable: true,
  },
  'microphone-overconstrained': {
    message: 'No microphone here does what this page asks for. Try another one.',
    recoverable: true,
  },
  'microphone-ended': {
    message: 'The microphone was disconnected. Plug it in again.',
    recoverable: true,
  },
  'microphone-unsupported': {
    message: 'This page cannot use a microphone. Open it over HTTPS.',
    recoverable: false,
  },
  'token-refresh-failed': { message: 'No access to the agent could be had. Try again.', recoverable: true },
  'token-malformed': {
    message: 'The token endpoint answered without a usable token, expiry or session id.',
    recoverable: false,
  },
  'token-expired': {
    message: 'The session has expired. Try again, or start a new conversation.',
    recoverable: true,
  },
  unauthorized: { message: 'The agent refused the access token.', recoverable: true },
  'signalling-rejected': { message: 'The agent refused the call.', recoverable: false },
  'signalling-unavailable': {
    message: "Couldn't connect. Your conversation is kept.",
    recoverable: true,
  },
  'agent-unreachable': { message: 'The agent did not answer. Try again.', recoverable: true },
  'relay-refused': {
    message:
      'The relay that calls go through here (TURN) refused its credentials. Your conversation is kept.',
    recoverable: true,
  },
  'relay-unreachable': {
    message: "The relay that calls go through here (TURN) can't be reached. Your conversation is kept.",
    recoverable: true,
  },
  'agent-error': { message: 'The agent reported an error.', recoverable: true },
  'protocol-error': { message: 'The agent sent a message that could not be read.', recoverable: true },
  'connection-lost': { message: 'Connection lost.', recoverable: true },
  'reconnect-exhausted': { message: "Couldn't reconnect. Your conversation is kept.", recoverable: true },
  'session-unreadable': {
    message: "The earlier conversation can't be opened in this tab. It is kept as it is.",
    recoverable: true,
  },
  'session-missing': { message: 'There is no such stored conversation.', recoverable: false },
  'session-open-elsewhere': {
    message: 'This conversation is open in another tab. Close it there, then try again.',
    recoverable: true,
  },
  'session-rolled-back': {
    message: 'The last messages are missing: an older copy of this conversation was found.',
    recoverable: false,
  },
  'key-unavailable': {
    message:
      'The key to earlier conversations could not be had. They are kept as they are: reload to try again.',
    recoverable: true,
  },
  'storage-unavailable': { message: "Messages won't survive a reload.", recoverable: false },
  'storage-quota': {
    message: "The browser's storage is full. New messages won't survive a reload.",
    recoverable: true,
  },
  'storage-write-failed': {
    message: "The last messages couldn't be saved yet. It is tried again.",
    recoverable: true,
  },
  'chunk-load-failed': {
    message: "A part of this page couldn't be loaded. Check your network and try again, or reload it.",
    recoverable: true,
  },
  'not-connected': { message: 'There is no call. Start the conversation first.', recoverable: true },
  'not-mounted': {
    message:
      'The voice agent is not in a store yet: add voiceAgent.reducer under voiceAgent.reducerPath and voiceAgent.middleware to configureStore.',
    recoverable: false,
  },
  'invalid-option': { message: 'An option of createVoiceAgent is not valid.', recoverable: false },
  disposed: { message: 'This voice agent has been disposed of.', recoverable: false },
  internal: { message: 'Something went wrong inside the voice agent.', recoverable: true },
}

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
    super(detail ?? texts[code].message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.recoverable = options?.recoverable ?? texts[code].recoverable
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** The serialisable form of whatever was thrown. Only our own errors' words are kept: a foreign one may hold anything. */
export function toVoiceError(thrown: unknown, fallback: VoiceErrorCode = 'internal'): VoiceError {
  if (thrown instanceof VoiceAgentError) {
    return { code: thrown.code, message: thrown.message, recoverable: thrown.recoverable }
  }
  return { code: fallback, ...texts[fallback] }
}
