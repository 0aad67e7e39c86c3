import type { ToolAnswer } from '../../../../../store/index.js'

/** Unanswered calls of the app's tools. */
export interface OpenToolCalls {
  started(callId: string, name: string): void
  answered(callId: string, answer: ToolAnswer): void
  /** Answers all open calls with an error, so that the agent does not wait for them. */
  cancel(): void
}

/**
 * Tracks the agent's tool calls. Requests a response only after the last answer, because an earlier one would be based on
 * some of the answers.
 *
 * @param names Names of the app's tools. The agent's server answers all others.
 */
export function createOpenToolCalls(
  names: ReadonlySet<string>,
  { answer, requestResponse }: { answer(callId: string, answer: ToolAnswer): void; requestResponse(): void },
): OpenToolCalls {
  const open = new Set<string>()
  return {
    started(callId, name) {
      if (names.has(name)) open.add(callId)
    },
    answered(callId, toolAnswer) {
      if (!open.delete(callId)) return
      answer(callId, toolAnswer)
      if (open.size === 0) requestResponse()
    },
    cancel() {
      for (const callId of open) answer(callId, { error: 'Cancelled: the user interrupted.' })
      open.clear()
    },
  }
}
