import { randomUUID } from 'node:crypto'
import { isFields } from './bodies.js'

const timeLimit = 8_000

/** What came of a call: what the client's tool gave, why it refused, or nothing in time. */
export type ToolOutcome = { result: unknown } | { error: string } | null

type Send = (type: string, data: Record<string, unknown>) => void

/** The tools of one client, called over its data channel. Source: RTVI 2.1, `llm-function-call-*`. */
export function createToolCalls(send: Send) {
  const waiting = new Map<string, (outcome: ToolOutcome) => void>()

  return {
    /** Null when nothing came in time, or the turn was cut. */
    async call(name: string, given: Record<string, unknown>, signal: AbortSignal): Promise<ToolOutcome> {
      const id = randomUUID()
      const about = { tool_call_id: id, function_name: name }
      const stopped = AbortSignal.any([signal, AbortSignal.timeout(timeLimit)])
      const outcome = await new Promise<ToolOutcome>((resolve) => {
        waiting.set(id, resolve)
        stopped.addEventListener('abort', () => resolve(null), { once: true })
        send('llm-function-call-started', { function_name: name })
        send('llm-function-call-in-progress', { ...about, arguments: given })
      })
      waiting.delete(id)
      send('llm-function-call-stopped', { ...about, cancelled: outcome === null })
      return outcome
    },

    /** An `llm-function-call-result` of the client's. */
    answer({ tool_call_id: id, result }: Record<string, unknown>): void {
      const error = isFields(result) && typeof result.error === 'string' ? result.error : null
      if (typeof id === 'string') waiting.get(id)?.(error === null ? { result } : { error })
    },
  }
}
