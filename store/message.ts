import { describeToolCall, settleToolCall, type ToolCall } from './tool-call.js'

/** Author of a message. */
export type MessageRole = 'user' | 'assistant' | 'system' | 'tool'

/** `streaming` while text may still arrive; `interrupted` if the turn was cut off, with the text that was heard until then. */
export type MessageStatus = 'streaming' | 'final' | 'interrupted'

/** One turn of the conversation. */
export interface Message {
  id: string
  role: MessageRole
  /** Empty for a spoken turn without a transcript; `speechMs` then has its duration. */
  text: string
  status: MessageStatus
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Duration of the spoken turn in milliseconds, if it was spoken and the duration is known. */
  speechMs?: number
  /** Set on a message with the role `tool`. */
  tool?: ToolCall
  /**
   * Set on a typed turn that no agent is known to have received. While its id is in `conversation.outbox`, it waits for a connection or an
   * acknowledgement. Otherwise it was not sent.
   */
  isUnsent?: true
}

/** One message of the context that a reconnecting agent receives: see `contextMessages`. */
export interface ContextMessage {
  id: string
  role: MessageRole
  text: string
}

/** Settles a message that can receive no more text, because its call has ended. */
export function settleMessage(message: Message): Message {
  if (message.status !== 'streaming') return message
  const { tool } = message
  return { ...message, status: 'interrupted', ...(tool && { tool: settleToolCall(tool) }) }
}

/** True for a turn without a word yet, which leaves nothing to show if it is cut off. A tool call shows itself. */
export const isBlankTurn = ({ role, status, text }: Message): boolean =>
  role !== 'tool' && status === 'streaming' && text === ''

/** Returns the message as an agent reads it: an untranscribed spoken turn is described, never invented. */
export function toContextMessage({ id, role, text, speechMs, tool }: Message): ContextMessage {
  if (tool) return { id, role, text: describeToolCall(tool) }
  if (text !== '' || speechMs === undefined) return { id, role, text }
  return { id, role, text: `(spoke for ${(speechMs / 1000).toFixed(1)} s; not transcribed)` }
}
