import type { Middleware, Reducer } from '@reduxjs/toolkit'
import type { Persistor } from 'redux-persist'
import type { VoiceTool } from '../../../middleware/drivers/tools/ports.js'
import type { VoiceAgentActions, VoiceAgentSelectors, VoiceAgentState } from '../../../store/index.js'
import { createAgentCore } from './agent/agent-core.js'
import type { EnhancedSessionManager } from './enhanced-session-manager.js'
import type { VoiceAgentOptions } from './options/options.js'
import { WebRTCVoiceAgent } from './webrtc/main.js'

/** A voice agent to mount in your app's store. */
export interface VoiceAgent<Path extends string = string> {
  /** Key of the reducer in your store. */
  readonly reducerPath: Path
  /** Add it to your store under `reducerPath`. */
  readonly reducer: Reducer<VoiceAgentState>
  /** Add it to your store's middleware. */
  readonly middleware: Middleware
  /** Action creators: intents, whose names end in `Requested`, and facts, for your own reducers and listeners. */
  readonly actions: VoiceAgentActions
  /** Selectors that take the state of your store. */
  readonly selectors: VoiceAgentSelectors<Path>
  /** Compatible with redux-persist's persistor, so it works with `PersistGate`. */
  readonly persistor: Persistor
  /** Calls, texts and events. */
  readonly agent: WebRTCVoiceAgent
  /** Sessions and stored conversations. */
  readonly sessionManager: EnhancedSessionManager
  /** Describes the agent in one text to paste into an issue, without conversation text. See {@link WebRTCVoiceAgent.diagnose}. */
  diagnose(): Promise<string>
  /** Ends the call, saves pending changes and releases all resources. */
  dispose(): Promise<void>
}

/**
 * Creates a voice agent for your Redux store. Mount it like an RTK Query api. In a browser, it automatically restores this tab's
 * conversation, a microtask after the store is created.
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
    /** Your app's tools that the agent can call, by name. `run` receives the arguments as validated by `parameters`. @default {} */
    tools?: { readonly [Name in keyof Arguments]: VoiceTool<Arguments[Name]> }
  },
): VoiceAgent<Path> {
  const core = createAgentCore(options)
  const agent = new WebRTCVoiceAgent(options, core)
  return {
    reducerPath: core.options.reducerPath as Path,
    reducer: core.reducer,
    middleware: core.middleware,
    actions: core.actions,
    selectors: core.selectors as VoiceAgentSelectors<Path>,
    persistor: core.persistor,
    agent,
    sessionManager: agent.sessionManager,
    diagnose: () => agent.diagnose(),
    dispose: () => agent.dispose(),
  }
}
