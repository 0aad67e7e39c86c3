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
export function describeToolCall({ name, arguments: given, status, result, error }: ToolCall): string {
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
