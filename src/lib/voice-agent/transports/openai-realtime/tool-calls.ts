import type { ClientMessage } from '../../../../../middleware/drivers/call/ports.js'

type Answer = Extract<ClientMessage, { type: 'tool-answer' }>

/** Unanswered calls of the app's tools. */
export interface OpenToolCalls {
  started(toolCallId: string, name: string): void
  answered(message: Answer): void
}

/**
 * Tracks the agent's tool calls. Requests a response only after the last answer, because an earlier one would be based on
 * only some of the answers.
 *
 * @param names Names of the app's tools. The agent's server answers all others.
 */
export function createOpenToolCalls(
  names: ReadonlySet<string>,
  {
    answer,
    tell,
    requestResponse,
  }: {
    /** Answers an open call. */
    answer(message: Answer): void
    /** Reports the outcome of a call that was already answered, or belongs to another session. */
    tell(message: Answer): void
    requestResponse(): void
  },
): OpenToolCalls {
  const open = new Set<string>()
  return {
    started(toolCallId, name) {
      if (names.has(name)) open.add(toolCallId)
    },
    answered(message) {
      const isOpen = open.delete(message.toolCallId)
      if (isOpen) answer(message)
      else if (message.isLate) tell(message)
      else return
      if (open.size === 0 && !message.isQuiet) requestResponse()
    },
  }
}
