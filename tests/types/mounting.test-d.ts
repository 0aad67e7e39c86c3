/** Types of an app with a mounted agent, without a cast. Compiled by `npm run check`; nothing runs it. */
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

// The state of the whole app, under the names it is mounted at and no others.
expectTypeOf<RootState>().toEqualTypeOf<{ voiceAgent: VoiceAgentState; cart: { pieces: number } }>()
expectTypeOf(store.getState().voiceAgent.connection.status).toEqualTypeOf<
  'idle' | 'connecting' | 'connected' | 'reconnecting' | 'disconnected' | 'failed'
>()
// @ts-expect-error There is nothing under another name.
store.getState().agent

// Thunks, the app's actions and the agent's: one dispatch for all of them.
expectTypeOf(store.dispatch(() => 1 as const)).toEqualTypeOf<1>()
store.dispatch(cart.actions.added(1))
store.dispatch(voiceAgent.actions.connectRequested())

// Another path is another name, and literal.
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

// `combineSlices` takes it in as it takes an RTK Query api.
const combined = combineSlices(cart, voiceAgent)
expectTypeOf(combined(undefined, { type: '' })).toEqualTypeOf<{
  cart: { pieces: number }
  voiceAgent: VoiceAgentState
}>()

// Selectors take the app's state as it is.
const { selectors, actions } = voiceAgent
export function useExamples() {
  expectTypeOf(useSelector(selectors.selectMessages)).toEqualTypeOf<Message[]>()
  expectTypeOf(useSelector((state: RootState) => selectors.selectMessageCount(state))).toEqualTypeOf<number>()
}
expectTypeOf(selectors.selectError(store.getState())?.code).toEqualTypeOf<VoiceErrorCode | undefined>()
expectTypeOf(selectors.selectVoiceAgent(store.getState())).toEqualTypeOf<VoiceAgentState>()
// @ts-expect-error Statistics need the time, in milliseconds: a selector has no clock.
selectors.selectSessionStats(store.getState())

// Actions are RTK's: created with typed arguments, and matched.
expectTypeOf(actions.sendTextRequested).parameters.toEqualTypeOf<[text: string]>()
expectTypeOf(actions.sendTextRequested('Hello').payload).toEqualTypeOf<{
  id: string
  text: string
  at: number
}>()
expectTypeOf(actions.selectMicrophoneRequested).parameter(0).toEqualTypeOf<{ deviceId: string | null }>()
// @ts-expect-error A text is a text.
actions.sendTextRequested(1)
// @ts-expect-error A device is named, or null for the system's.
actions.selectMicrophoneRequested({})
declare const action: UnknownAction
if (actions.reconnectScheduled.match(action)) expectTypeOf(action.payload.delayMs).toEqualTypeOf<number>()

// redux-persist's gate takes the persistor for one of its own.
expectTypeOf(voiceAgent.persistor).toEqualTypeOf<Persistor>()
new PersistGate({ persistor: voiceAgent.persistor })
