import type { Store } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentCore } from '../agent/agent-core.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { WebRTCVoiceAgent } from '../webrtc/main.js'

function refuse(): never {
  throw new VoiceAgentError('not-connected', 'This call is a recording: it takes no requests.')
}

const request = async () => refuse()

/** Shows the state of a recording, and does nothing. */
export class ReplayedAgent extends WebRTCVoiceAgent {
  readonly #store: Store<Record<string, VoiceAgentState>>

  constructor(options: VoiceAgentOptions, core: AgentCore, store: Store<Record<string, VoiceAgentState>>) {
    const present = () => core.selectors.selectVoiceAgent(store.getState())
    const getState = () => store.getState()
    super(options, { ...core, dispatch: refuse, requestNow: refuse, request, getState, present })
    this.#store = store
  }

  override get store(): Store<Record<string, VoiceAgentState>> {
    return this.#store
  }
}
