import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'

const invalid = (detail: string) => new VoiceAgentError('invalid-option', detail)

/** The agent's own part of the state that a log begins with. */
function startOf(whole: unknown, path: string, initial: VoiceAgentState): VoiceAgentState {
  const part = (whole as Record<string, unknown> | null | undefined)?.[path]
  if (part === undefined) return initial
  const isOurs =
    typeof part === 'object' && part !== null && Object.keys(initial).every((slice) => slice in part)
  if (!isOurs) throw invalid(`The log's first state has something else than a voice agent under ${path}.`)
  return part as VoiceAgentState
}

/**
 * The agent's state before the first action and after each of them, each made from the one before it, once.
 *
 * @param whole The store's whole state that the log begins with.
 * @throws VoiceAgentError `invalid-option` when the reducer can't make anything of one of them.
 */
export function momentsOf(
  whole: unknown,
  actions: readonly UnknownAction[],
  reducer: Reducer<VoiceAgentState>,
  path: string,
): VoiceAgentState[] {
  const initial = reducer(undefined, { type: `${path}/replay/start` })
  const moments = [startOf(whole, path, initial)]
  for (const [place, action] of actions.entries()) {
    try {
      moments.push(reducer(moments[place], action))
    } catch {
      // Without its cause: what a reducer stumbles over may be what was said.
      throw invalid(`Action ${place + 1} of the log, ${action.type}, has a payload that can't be replayed.`)
    }
  }
  return moments
}
