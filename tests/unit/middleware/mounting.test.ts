import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import {
  combineReducers,
  combineSlices,
  configureStore,
  createDynamicMiddleware,
  createSlice,
  type StoreEnhancer,
  type UnknownAction,
} from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentState } from 'redux-voice-agent'
import { type ScriptedTransport, scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished } from 'vitest'

function create<Path extends string>(reducerPath: Path) {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    reducerPath,
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: reducerPath }),
    persistence: false,
  })
  onTestFinished(() => voiceAgent.dispose())
  return { transport, voiceAgent }
}

const hear = (transport: ScriptedTransport, text: string) =>
  transport.emit({ type: 'userTranscriptReceived', text, final: true })

const counter = createSlice({
  name: 'counter',
  initialState: 0,
  reducers: { incremented: (state) => state + 1 },
})

it('two agents in one store each have a call and do not hear each other', async () => {
  const shop = create('shop')
  const support = create('support')
  const store = configureStore({
    reducer: { shop: shop.voiceAgent.reducer, support: support.voiceAgent.reducer },
    middleware: (getDefault) =>
      getDefault().concat(shop.voiceAgent.middleware, support.voiceAgent.middleware),
  })
  await Promise.all([shop.voiceAgent.agent.connect(), support.voiceAgent.agent.connect()])
  hear(shop.transport, 'Two cups')
  hear(support.transport, 'It is broken')
  await support.voiceAgent.agent.disconnect()
  const textsOf = ({ voiceAgent }: ReturnType<typeof create<'shop' | 'support'>>) =>
    voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text)
  expect([textsOf(shop), textsOf(support)]).toEqual([['Two cups'], ['It is broken']])
  expect(store.getState().shop.connection.status).toBe('connected')
  expect(store.getState().support.connection.status).toBe('disconnected')
  expect([shop.transport.open, support.transport.open]).toEqual([1, 0])
})

/** A store that is running before it has an agent, with the DevTools instrument. */
function createRunningStore() {
  interface Lazy {
    voiceAgent: VoiceAgentState
  }
  const reducer = combineSlices(counter).withLazyLoadedSlices<Lazy>()
  const dynamic = createDynamicMiddleware()
  const store = configureStore({
    reducer,
    middleware: (getDefault) => getDefault().concat(dynamic.middleware),
    devTools: false,
    enhancers: (getDefault) => getDefault().concat(instrument() as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as {
    liftedStore: { dispatch(action: object): void; getState(): LiftedState<unknown, UnknownAction, unknown> }
  }
  store.dispatch(counter.actions.incremented())

  const { transport, voiceAgent } = create('voiceAgent')
  reducer.inject(voiceAgent)
  dynamic.addMiddleware(voiceAgent.middleware)
  // Both take effect with the next action.
  store.dispatch({ type: 'assistantAdded' })
  return { store, liftedStore, transport, voiceAgent }
}

it('an agent is injected into a running store', async () => {
  const { store, transport, voiceAgent } = createRunningStore()
  await voiceAgent.agent.connect()
  hear(transport, 'Late, but here')
  expect(store.getState().counter).toBe(1)
  expect(store.getState().voiceAgent?.conversation.messages.count).toBe(1)
})

it('shows the initial state briefly before the agent was injected, and its call continues', async () => {
  const { store, liftedStore, transport, voiceAgent } = createRunningStore()
  const { selectMessages, selectConnectionStatus, selectSessionStats } = voiceAgent.selectors
  await voiceAgent.agent.connect()
  liftedStore.dispatch(ActionCreators.jumpToState(0))
  expect(store.getState().voiceAgent).toBeUndefined()
  expect(selectMessages(store.getState())).toEqual([])
  expect(selectConnectionStatus(store.getState())).toBe('idle')
  expect(selectSessionStats(store.getState(), 0).isActive).toBe(false)

  hear(transport, 'Meanwhile')
  expect(voiceAgent.agent.getSessionStats().messageCount).toBe(0)
  liftedStore.dispatch(ActionCreators.jumpToState(liftedStore.getState().stagedActionIds.length - 1))
  expect(transport.open).toBe(1)
  hear(transport, 'Now')
  expect(selectMessages(store.getState()).map(({ text }) => text)).toEqual(['Meanwhile', 'Now'])
})

it('hot-reloading a reducer does not affect the call', async () => {
  const { transport, voiceAgent } = create('voiceAgent')
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer, counter: counter.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  await voiceAgent.agent.connect()
  hear(transport, 'Before')
  store.replaceReducer(combineReducers({ voiceAgent: voiceAgent.reducer, counter: (): number => 41 }))
  hear(transport, 'After')
  const { connection, conversation } = store.getState().voiceAgent
  expect([connection.status, conversation.messages.count, store.getState().counter]).toEqual([
    'connected',
    2,
    41,
  ])
  expect(transport.requests).toHaveLength(1)
})

it("an app's reducers and listeners can use the agent's actions and selectors", async () => {
  const { transport, voiceAgent } = create('voiceAgent')
  const { actions, selectors } = voiceAgent
  const questions = createSlice({
    name: 'questions',
    initialState: [] as string[],
    reducers: {},
    extraReducers: (builder) =>
      builder.addCase(actions.userTranscriptReceived, (state, { payload }) => {
        if (payload.final) state.push(payload.text)
      }),
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer, questions: questions.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  await voiceAgent.agent.connect()
  hear(transport, 'Is it fresh?')
  expect(store.getState().questions).toEqual(['Is it fresh?'])
  expect(selectors.selectConnectionStatus(store.getState())).toBe('connected')
})
