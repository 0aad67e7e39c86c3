import { createVoiceAgentActions } from './actions.js'
import { createVoiceAgentReducer } from './reducer.js'
import type { VoiceAgentState } from './state.js'

let initial: VoiceAgentState | undefined

/** Returns the state before any restore or call: for server rendering, and while the reducer is not in the store yet. */
export function getInitialState(): VoiceAgentState {
  initial ??= createVoiceAgentReducer(createVoiceAgentActions(''))(undefined, { type: '' })
  return initial
}
