import type { Store } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentCore } from '../agent/agent-core.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { WebRTCVoiceAgent } from '../webrtc/main.js'

function refuse(): never {
  throw new VoiceAgentError('not-connected', 'This call is a recording: commands have no effect on it.')
}

/** An agent that shows the state of a replay and rejects every command. */
export class ReplayedAgent extends WebRTCVoiceAgent {
  readonly #store: Store<Record<string, VoiceAgentState>>

  constructor(options: VoiceAgentOptions, core: AgentCore, store: Store<Record<string, VoiceAgentState>>) {
    const middleware = { ...core.middleware, dispatch: refuse, getState: () => store.getState() }
    const state = () => core.selectors.selectVoiceAgent(store.getState())
    // `next` never resolves, because a replay answers no request.
    super(options, { ...core, middleware, state, next: () => new Promise<never>(() => {}) })
    this.#store = store
  }

  override get store(): Store<Record<string, VoiceAgentState>> {
    return this.#store
  }
}
