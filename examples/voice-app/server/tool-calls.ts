import { randomUUID } from 'node:crypto'
import { isFields } from './bodies.js'

const timeLimit = 8_000

/** Outcome of a tool call; null if it timed out or was interrupted. */
export type ToolOutcome = { result: unknown } | { error: string } | null

type Send = (type: string, data: Record<string, unknown>) => void

/** Calls a client's tools over its data channel (RTVI 2.1, `llm-function-call-*`). */
export function createToolCalls(send: Send) {
  const waiting = new Map<string, (outcome: ToolOutcome) => void>()

  return {
    /** Resolves to null if there is no result in time, or if the turn is interrupted. A call that needs approval has no time limit. */
    async call(
      name: string,
      args: Record<string, unknown>,
      signal: AbortSignal,
      needsApproval = false,
    ): Promise<ToolOutcome> {
      const id = randomUUID()
      const ids = { tool_call_id: id, function_name: name }
      // The user may take any amount of time to decide.
      const stopped = needsApproval ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeLimit)])
      const outcome = await new Promise<ToolOutcome>((resolve) => {
        waiting.set(id, resolve)
        stopped.addEventListener('abort', () => resolve(null), { once: true })
        send('llm-function-call-started', { function_name: name })
        send('llm-function-call-in-progress', { ...ids, arguments: args })
      })
      waiting.delete(id)
      send('llm-function-call-stopped', { ...ids, cancelled: outcome === null })
      return outcome
    },

    /** Handles an `llm-function-call-result` of the client. */
    answer({ tool_call_id: id, result }: Record<string, unknown>): void {
      const error = isFields(result) && typeof result.error === 'string' ? result.error : null
      if (typeof id === 'string') waiting.get(id)?.(error === null ? { result } : { error })
    },
  }
}
