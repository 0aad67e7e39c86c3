import {
  combineReducers,
  configureStore,
  type Middleware,
  type Reducer,
  type StoreEnhancer,
} from '@reduxjs/toolkit'
import {
  createVoiceAgent,
  type VoiceAgentError,
  type VoiceAgentOptions,
  type VoiceAgentState,
} from 'redux-voice-agent'
import { type ConnectScript, scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, vi } from 'vitest'
import { createReconnectPolicy } from '../../../middleware/drivers/call/reconnect-policy.js'

const disposals: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose()
})

type AppReducer = Reducer<{ voiceAgent: VoiceAgentState }>

/** Parts of the app's store besides the voice agent. */
export interface StoreParts {
  /** Replaces the root reducer, for example with one that resets the state. */
  wrapReducer?: (reducer: AppReducer) => AppReducer
  /** The app's middleware, after the voice agent's. It sees the actions that reach the reducer. */
  middleware?: Middleware[]
  /** Replaces DevTools. */
  enhancer?: StoreEnhancer
  /** Leaves out Redux Toolkit's checks of every action and state, which take half of the time of a long log. */
  isUnchecked?: boolean
}

/** Waits a minute before each attempt to reconnect. The package's own policy waits a random time, which can be over before a test looks. */
export const reconnectAfterMinute = (maxAttempts = 25) =>
  createReconnectPolicy({ baseDelayMs: 60_000, maxDelayMs: 60_000, maxAttempts }, () => 1)

/** A voice agent in an app's store, with a scripted transport. */
export function setUp(
  connect?: ConnectScript,
  options: Partial<Omit<VoiceAgentOptions, 'reducerPath'>> = {},
  { wrapReducer = (reducer) => reducer, middleware = [], enhancer, isUnchecked = false }: StoreParts = {},
) {
  const transport = scriptedTransport(connect)
  const refreshToken = vi.fn(async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }))
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken,
    persistence: false,
    reconnect: { baseDelayMs: 0, maxAttempts: 3 },
    ...options,
  })
  const store = configureStore({
    reducer: wrapReducer(combineReducers({ [voiceAgent.reducerPath]: voiceAgent.reducer })),
    middleware: (getDefault) =>
      getDefault(isUnchecked ? { immutableCheck: false, serializableCheck: false } : {}).concat(
        voiceAgent.middleware,
        ...middleware,
      ),
    devTools: false,
    enhancers: (getDefault) => (enhancer ? getDefault().concat(enhancer) : getDefault()),
  })
  disposals.push(() => voiceAgent.dispose())
  return {
    transport,
    refreshToken,
    voiceAgent,
    store,
    agent: voiceAgent.agent,
    actions: voiceAgent.actions,
    sessionManager: voiceAgent.sessionManager,
    state: () => store.getState().voiceAgent,
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
  }
}

/** Fails the first connections with these errors, then lets one succeed. */
export const failing = (...errors: VoiceAgentError[]): ConnectScript => {
  let count = 0
  return () => {
    const error = errors[count++]
    if (error) throw error
    return 'resumed'
  }
}

export const statusIs = (agent: ReturnType<typeof setUp>['agent'], wanted: string) =>
  new Promise<void>((resolve) => {
    const stop = agent.on('connectionStateChanged', (status) => {
      if (status !== wanted) return
      stop()
      resolve()
    })
  })
