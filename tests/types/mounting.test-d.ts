/** Types of an app with a mounted agent, without casts. Compiled by `npm run check`, and never run. */
import {
  combineSlices,
  configureStore,
  createSlice,
  type PayloadAction,
  type UnknownAction,
} from '@reduxjs/toolkit'
import { useSelector } from 'react-redux'
import type { Persistor } from 'redux-persist'
import { PersistGate } from 'redux-persist/integration/react'
import { createVoiceAgent, type Message, type VoiceAgentState, type VoiceErrorCode } from 'redux-voice-agent'
import { expectTypeOf } from 'vitest'

const cart = createSlice({
  name: 'cart',
  initialState: { pieces: 0 },
  reducers: { added: (state, { payload }: PayloadAction<number>) => ({ pieces: state.pieces + payload }) },
})

const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })
const store = configureStore({
  reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer, cart: cart.reducer },
  middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
})
type RootState = ReturnType<typeof store.getState>

// The whole app state, with exactly the mounted names.
expectTypeOf<RootState>().toEqualTypeOf<{ voiceAgent: VoiceAgentState; cart: { pieces: number } }>()
expectTypeOf(store.getState().voiceAgent.connection.status).toEqualTypeOf<
  'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnected' | 'failed'
>()
// @ts-expect-error There is nothing under another name.
store.getState().agent

// One dispatch for thunks, the app's actions and the agent's.
expectTypeOf(store.dispatch(() => 1 as const)).toEqualTypeOf<1>()
store.dispatch(cart.actions.added(1))
store.dispatch(voiceAgent.actions.connectRequested())

// Another path is another literal name.
const support = createVoiceAgent({ apiEndpoint: '/api/support', reducerPath: 'support' })
expectTypeOf(support.reducerPath).toEqualTypeOf<'support'>()
expectTypeOf(voiceAgent.reducerPath).toEqualTypeOf<'voiceAgent'>()
const both = configureStore({
  reducer: {
    [voiceAgent.reducerPath]: voiceAgent.reducer,
    [support.reducerPath]: support.reducer,
  },
})
expectTypeOf(both.getState()).toEqualTypeOf<{ voiceAgent: VoiceAgentState; support: VoiceAgentState }>()

// `combineSlices` accepts it like an RTK Query api.
const combined = combineSlices(cart, voiceAgent)
expectTypeOf(combined(undefined, { type: '' })).toEqualTypeOf<{
  cart: { pieces: number }
  voiceAgent: VoiceAgentState
}>()

// Selectors accept the app's state directly.
const { selectors, actions } = voiceAgent
export function useExamples() {
  expectTypeOf(useSelector(selectors.selectMessages)).toEqualTypeOf<Message[]>()
  expectTypeOf(useSelector((state: RootState) => selectors.selectMessageCount(state))).toEqualTypeOf<number>()
}
expectTypeOf(selectors.selectError(store.getState())?.code).toEqualTypeOf<VoiceErrorCode | undefined>()
expectTypeOf(selectors.selectVoiceAgent(store.getState())).toEqualTypeOf<VoiceAgentState>()
// @ts-expect-error Statistics need the time in milliseconds, because a selector has no clock.
selectors.selectSessionStats(store.getState())

// RTK action creators: typed arguments, and `match`.
expectTypeOf(actions.sendTextRequested).parameters.toEqualTypeOf<[text: string]>()
expectTypeOf(actions.sendTextRequested('Hello').payload).toEqualTypeOf<{
  id: string
  text: string
  at: number
}>()
expectTypeOf(actions.selectMicrophoneRequested).parameter(0).toEqualTypeOf<{ deviceId: string | null }>()
// @ts-expect-error A text must be a string.
actions.sendTextRequested(1)
// @ts-expect-error A device id is a string, or null for the system default.
actions.selectMicrophoneRequested({})
declare const action: UnknownAction
if (actions.reconnectScheduled.match(action)) expectTypeOf(action.payload.delayMs).toEqualTypeOf<number>()

// redux-persist's gate accepts the persistor.
expectTypeOf(voiceAgent.persistor).toEqualTypeOf<Persistor>()
new PersistGate({ persistor: voiceAgent.persistor })
