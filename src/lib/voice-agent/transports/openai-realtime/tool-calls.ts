import type { ToolAnswer } from '../../../../../store/index.js'

/** The agent's calls of the app's tools that are not answered yet. */
export interface OpenToolCalls {
  started(callId: string, name: string): void
  answered(callId: string, answer: ToolAnswer): void
  /** Nobody answers them any more; the agent is told so, lest it wait or guess. */
  cancel(): void
}

/**
 * Answers the agent's calls. It goes on when the last one is answered: a response that is begun before would know of some and not of others.
 *
 * @param names Tools of the app. Others are the agent's own, which its server answers.
 */
export function createOpenToolCalls(
  names: ReadonlySet<string>,
  { answer, goOn }: { answer(callId: string, answer: ToolAnswer): void; goOn(): void },
): OpenToolCalls {
  const open = new Set<string>()
  return {
    started(callId, name) {
      if (names.has(name)) open.add(callId)
    },
    answered(callId, given) {
      if (!open.delete(callId)) return
      answer(callId, given)
      if (open.size === 0) goOn()
    },
    cancel() {
      for (const callId of open) answer(callId, { error: 'Cancelled: the user interrupted.' })
      open.clear()
    },
  }
}
