import { createVoiceAgentActions } from './actions.js'
import { createVoiceAgentReducer } from './reducer.js'
import type { VoiceAgentState } from './state.js'

let initial: VoiceAgentState | undefined

/** Nothing has been restored and nobody has called: what a server renders, and where an agent is not in the state yet. */
export function getInitialState(): VoiceAgentState {
  initial ??= createVoiceAgentReducer('', createVoiceAgentActions(''))(undefined, { type: '' })
  return initial
}
