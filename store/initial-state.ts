import { createVoiceAgentActions } from './actions.js'
import { createVoiceAgentReducer, type VoiceAgentState } from './reducer.js'

let initial: VoiceAgentState | undefined

/** Nothing has been restored and nobody has called: what a server renders, and where an agent is not in the state yet. */
export function getInitialState(): VoiceAgentState {
  initial ??= createVoiceAgentReducer('', createVoiceAgentActions(''))(undefined, { type: '' })
  return initial
}
