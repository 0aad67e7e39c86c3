/**
 * Status of a tool call.
 *
 * - `awaiting-approval`: the user must approve or decline it. It has not run.
 * - `declined`: the user declined. It has not run.
 * - `cancelled`: for a tool of your app, it has not run. For one of the agent's own tools, the agent cancelled it.
 * - `unknown`: it has started, but its outcome is not known yet. A late outcome replaces this status.
 */
export type ToolCallStatus =
  | 'running'
  | 'awaiting-approval'
  | 'completed'
  | 'failed'
  | 'declined'
  | 'cancelled'
  | 'unknown'

/** A tool call. */
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
  /** Set until the agent has confirmed your tool's answer. */
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

/** Describes a tool call for the agent. */
function describeToolCall({ name, arguments: args, status, result, error }: ToolCall): string {
  const outcome =
    status === 'completed' && result !== undefined ? JSON.stringify(result) : (error ?? descriptions[status])
  return `${name}(${JSON.stringify(args ?? {})}): ${outcome}`
}

/** Gives up a call that can't continue. One that has started becomes `unknown`, because it may have taken effect. */
export function giveUpToolCall(tool: ToolCall): ToolCall {
  if (tool.status === 'running') return { ...tool, status: 'unknown' }
  return tool.status === 'awaiting-approval' ? { ...tool, status: 'cancelled' } : tool
}

/** True if a later outcome may still replace the current one. */
export const isOutcomeOpen = ({ status }: ToolCall): boolean => status === 'running' || status === 'unknown'

/** Author of a message. */
export type MessageRole = 'user' | 'assistant' | 'system' | 'tool'

/** `streaming` while text may still arrive; `interrupted` if the turn was cut off, with the text up to that point. */
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
   * Set on a typed turn until an agent is known to have received it. While its id is in `conversation.outbox`, it is waiting for a connection
   * or an acknowledgement. Otherwise it was not sent.
   */
  isUnsent?: true
}

/** A message in the context that a reconnecting agent receives. See `contextMessages`. */
export interface ContextMessage {
  id: string
  role: MessageRole
  text: string
}

/** Ends a message whose call has ended, so it can't receive more text. */
export function cutOffMessage(message: Message): Message {
  if (message.status !== 'streaming') return message
  const { tool } = message
  return { ...message, status: 'interrupted', ...(tool && { tool: giveUpToolCall(tool) }) }
}

/** True for a turn that has no words yet, so nothing is left to show if it is cut off. Tool calls are shown without text. */
export const isBlankTurn = ({ role, status, text }: Message): boolean =>
  role !== 'tool' && status === 'streaming' && text === ''

/** Returns the message as the agent reads it. An untranscribed spoken turn is described, never made up. */
export function toContextMessage({ id, role, text, speechMs, tool }: Message): ContextMessage {
  if (tool) return { id, role, text: describeToolCall(tool) }
  if (text !== '' || speechMs === undefined) return { id, role, text }
  return { id, role, text: `(spoke for ${(speechMs / 1000).toFixed(1)} s; not transcribed)` }
}
