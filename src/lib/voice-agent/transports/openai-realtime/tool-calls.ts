import type { ToolAnswer } from '../../../../../store/index.js'

/** Unanswered calls of the app's tools. */
export interface OpenToolCalls {
  started(toolCallId: string, name: string): void
  answered(toolCallId: string, answer: ToolAnswer): void
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
  {
    answer,
    requestResponse,
  }: { answer(toolCallId: string, answer: ToolAnswer): void; requestResponse(): void },
): OpenToolCalls {
  const open = new Set<string>()
  return {
    started(toolCallId, name) {
      if (names.has(name)) open.add(toolCallId)
    },
    answered(toolCallId, toolAnswer) {
      if (!open.delete(toolCallId)) return
      answer(toolCallId, toolAnswer)
      if (open.size === 0) requestResponse()
    },
    cancel() {
      for (const toolCallId of open) answer(toolCallId, { error: 'Cancelled: the user interrupted.' })
      open.clear()
    },
  }
}
