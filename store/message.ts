/** Who said it. */
export type MessageRole = 'user' | 'assistant' | 'system' | 'tool'

/** `streaming` while text may still arrive; `interrupted` when the turn was cut off and holds what was heard until then. */
export type MessageStatus = 'streaming' | 'final' | 'interrupted'

/** How one call of a tool went. */
export interface ToolCall {
  /** Empty where the provider keeps it to itself. */
  name: string
  /** As the agent gave them: nobody has checked them. */
  arguments: unknown
  /** `cancelled`: interrupted, or cut off by the end of its connection. */
  status: 'running' | 'completed' | 'failed' | 'cancelled'
  /** What the app's tool gave back. */
  result?: unknown
  /** What the agent was told that went wrong. */
  error?: string
}

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
  /** Of a message with the role `tool`. */
  tool?: ToolCall
  /** Set on a typed turn that waits for a connection, or whose call ended before it was sent: no agent has read it. */
  isUnsent?: true
}

/** What a reconnecting agent is told of the past: see `contextMessages`. */
export interface ContextMessage {
  id: string
  role: MessageRole
  text: string
}

/** Ends a message that can receive no more text, because the call that streamed it is gone. */
export function settleMessage(message: Message): Message {
  if (message.status !== 'streaming') return message
  const { tool } = message
  return tool
    ? { ...message, status: 'interrupted', tool: { ...tool, status: 'cancelled' } }
    : { ...message, status: 'interrupted' }
}

function describeToolCall({ name, arguments: given, status, result, error }: ToolCall): string {
  const outcome = status === 'completed' ? JSON.stringify(result ?? null) : (error ?? status)
  return `${name}(${JSON.stringify(given ?? {})}): ${outcome}`
}

/** A turn that has begun and has no word yet: cut off there, it leaves nothing to show. A tool call shows itself. */
export const isBlankTurn = ({ role, status, text }: Message): boolean =>
  role !== 'tool' && status === 'streaming' && text === ''

/** The message as an agent reads it: an untranscribed spoken turn is described, never invented. */
export function toContextMessage({ id, role, text, speechMs, tool }: Message): ContextMessage {
  if (tool) return { id, role, text: describeToolCall(tool) }
  if (text !== '' || speechMs === undefined) return { id, role, text }
  return { id, role, text: `(spoke for ${(speechMs / 1000).toFixed(1)} s; not transcribed)` }
}
