import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'

const invalid = (detail: string) => new VoiceAgentError('invalid-option', detail)

/** Returns the agent's slice of the state that a log begins with. */
function startOf(whole: unknown, path: string, initial: VoiceAgentState): VoiceAgentState {
  const part = (whole as Record<string, unknown> | null | undefined)?.[path]
  if (part === undefined) return initial
  const isOurs =
    typeof part === 'object' && part !== null && Object.keys(initial).every((slice) => slice in part)
  if (!isOurs)
    throw invalid(
      `replay(): the log's first state must have a voice agent's state under '${path}'; it has another value.`,
    )
  return part as VoiceAgentState
}

/**
 * Computes the agent's state before the first action and after each one.
 *
 * @param whole The whole store's state that the log begins with; undefined for the initial state.
 * @throws VoiceAgentError `invalid-option` if the reducer throws on an action
 */
export function computeStates(
  whole: unknown,
  actions: readonly UnknownAction[],
  reducer: Reducer<VoiceAgentState>,
  path: string,
): VoiceAgentState[] {
  const initial = reducer(undefined, { type: `${path}/replay/start` })
  const states = [startOf(whole, path, initial)]
  for (const [place, action] of actions.entries()) {
    try {
      states.push(reducer(states[place], action))
    } catch {
      // Passes no cause on, because it may contain parts of the conversation.
      throw invalid(
        `replay(): action ${place + 1} of the log, ${action.type}, must have a payload that the reducer accepts.`,
      )
    }
  }
  return states
}
