/** Who said it. */
export type MessageRole = 'user' | 'assistant' | 'system' | 'tool'

/** `streaming` while text may still arrive; `interrupted` when the turn was cut off and holds what was heard until then. */
export type MessageStatus = 'streaming' | 'final' | 'interrupted'

/** One turn of the conversation. */
export interface Message {
  id: string
  role: MessageRole
  /** Empty for a spoken turn that nobody transcribed; then `speechMs` says how long it was. */
  text: string
  status: MessageStatus
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Length of the spoken turn in milliseconds, where it was spoken and its length is known. */
  speechMs?: number
}

/** What a reconnecting agent is told of the past: see `contextMessages`. */
export interface ContextMessage {
  id: string
  role: MessageRole
  text: string
}

/** Ends a message that can receive no more text, because the call that streamed it is gone. */
export function settleMessage(message: Message): Message {
  return message.status === 'streaming' ? { ...message, status: 'interrupted' } : message
}

/** The message as an agent reads it: an untranscribed spoken turn is described, never invented. */
export function toContextMessage({ id, role, text, speechMs }: Message): ContextMessage {
  if (text !== '' || speechMs === undefined) return { id, role, text }
  return { id, role, text: `(spoke for ${(speechMs / 1000).toFixed(1)} s; not transcribed)` }
}
