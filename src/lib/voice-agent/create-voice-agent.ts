import type { Middleware, Reducer } from '@reduxjs/toolkit'
import type { Persistor } from 'redux-persist'
import type { VoiceTool } from '../../../middleware/drivers/tools/ports.js'
import type { VoiceAgentActions, VoiceAgentSelectors, VoiceAgentState } from '../../../store/index.js'
import { createAgentCore } from './agent/agent-core.js'
import type { EnhancedSessionManager } from './enhanced-session-manager.js'
import type { VoiceAgentOptions } from './options/options.js'
import { WebRTCVoiceAgent } from './webrtc/main.js'

/** A voice agent to be mounted in an app's store. */
export interface VoiceAgent<Path extends string = string> {
  readonly reducerPath: Path
  readonly reducer: Reducer<VoiceAgentState>
  readonly middleware: Middleware
  readonly actions: VoiceAgentActions
  readonly selectors: VoiceAgentSelectors
  /** In redux-persist's shape: its `PersistGate` works with it. */
  readonly persistor: Persistor
  readonly agent: WebRTCVoiceAgent
  readonly sessionManager: EnhancedSessionManager
  /** Ends the call, saves what is unsaved, and frees all there is. */
  dispose(): Promise<void>
}

/**
 * A voice agent for an app's own Redux store, mounted as an RTK Query api is. In a browser it restores this tab's conversation
 * by itself, a microtask after the store exists.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * export const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })
 *
 * export const store = configureStore({
 *   reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer, cart: cartReducer },
 *   middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
 * })
 */
export function createVoiceAgent<
  const Path extends string = 'voiceAgent',
  Arguments extends Record<string, unknown> = Record<never, never>,
>(
  options: Omit<VoiceAgentOptions, 'reducerPath' | 'tools'> & {
    reducerPath?: Path
    /** What the agent may do in the app, by name: `run` gets what `parameters` gives. @default {} */
    tools?: { readonly [Name in keyof Arguments]: VoiceTool<Arguments[Name]> }
  },
): VoiceAgent<Path> {
  const core = createAgentCore(options)
  const agent = new WebRTCVoiceAgent(options, core)
  return {
    reducerPath: core.options.reducerPath as Path,
    reducer: core.reducer,
    middleware: core.middleware.middleware,
    actions: core.actions,
    selectors: core.selectors,
    persistor: core.persistor,
    agent,
    sessionManager: agent.sessionManager,
    dispose: () => agent.dispose(),
  }
}
