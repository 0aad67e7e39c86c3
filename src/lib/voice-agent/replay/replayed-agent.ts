import type { Store } from '@reduxjs/toolkit'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentCore } from '../agent/agent-core.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { WebRTCVoiceAgent } from '../webrtc/main.js'

function refuse(): never {
  throw new VoiceAgentError('not-connected', 'This call is a recording: nobody can be asked for anything.')
}

/** An agent whose state is somebody else's to decide, and that does nothing. */
export class ReplayedAgent extends WebRTCVoiceAgent {
  readonly #store: Store<Record<string, VoiceAgentState>>

  constructor(options: VoiceAgentOptions, core: AgentCore, store: Store<Record<string, VoiceAgentState>>) {
    const middleware = { ...core.middleware, dispatch: refuse, getState: () => store.getState() }
    const state = () => core.selectors.selectVoiceAgent(store.getState())
    // Nothing that is waited for comes about.
    super(options, { ...core, middleware, state, next: () => new Promise<never>(() => {}) })
    this.#store = store
  }

  override get store(): Store<Record<string, VoiceAgentState>> {
    return this.#store
  }
}
