/**
 * Status of a tool call.
 *
 * - `awaiting-approval`: the user must approve or decline it. It has not run.
 * - `declined`: the user declined. It has not run.
 * - `cancelled`: a tool of your app has not run. One of the agent's own tools was cancelled by the agent.
 * - `unknown`: it has started, and its outcome is not known yet. A late outcome replaces this status.
 */
export type ToolCallStatus =
  | 'running'
  | 'awaiting-approval'
  | 'completed'
  | 'failed'
  | 'declined'
  | 'cancelled'
  | 'unknown'

/** One call of a tool. */
export interface ToolCall {
  /** Empty if the provider does not reveal it. */
  name: string
  /** Arguments as the agent sent them, not validated. */
  arguments: unknown
  status: ToolCallStatus
  /** Result of your app's tool. */
  result?: unknown
  /** Error message that the agent received. */
  error?: string
  /** Set if the call was cancelled because the page was reloaded before the user decided. */
  cancelledBy?: 'reload'
  /** Set until the agent has confirmed the answer of the app's tool. */
  isUndelivered?: true
}

const descriptions: Record<ToolCallStatus, string> = {
  running: 'still running, the outcome is not known yet',
  'awaiting-approval': 'waits for the approval of the user and has not run',
  completed: 'null',
  failed: 'failed',
  declined: 'declined by the user, it has not run',
  cancelled: 'cancelled',
  unknown: 'the outcome is not known, it may have taken effect',
}

/** Describes a call to an agent. */
function describeToolCall({ name, arguments: given, status, result, error }: ToolCall): string {
  const outcome =
    status === 'completed' && result !== undefined ? JSON.stringify(result) : (error ?? descriptions[status])
  return `${name}(${JSON.stringify(given ?? {})}): ${outcome}`
}

/** Settles a call that can't continue: one that has begun may have taken effect. */
export function settleToolCall(tool: ToolCall): ToolCall {
  if (tool.status === 'running') return { ...tool, status: 'unknown' }
  return tool.status === 'awaiting-approval' ? { ...tool, status: 'cancelled' } : tool
}

/** True if a later outcome replaces the present one. */
export const isOutcomeOpen = ({ status }: ToolCall): boolean => status === 'running' || status === 'unknown'

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
