import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentState } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { selectStatusKind } from '../../../src/components/voice-agent/selectors.js'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  initialState,
  interimOf,
} from '../../../store/index.js'

/** A state from an earlier version of the package, which DevTools may import or an app may rehydrate. */

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)
const { selectVoiceAgent, selectMessages } = createVoiceAgentSelectors('voiceAgent')

type Slice = keyof VoiceAgentState
const fields = (Object.keys(initialState) as Slice[]).flatMap((slice) =>
  Object.keys(initialState[slice]).map((field) => [slice, field] as const),
)

/** The state without a field, as if a later version had added it. */
function without(state: VoiceAgentState, slice: Slice, field: string): VoiceAgentState {
  const rest = Object.entries(state[slice]).filter(([name]) => name !== field)
  return { ...state, [slice]: Object.fromEntries(rest) }
}

const inCall = [
  actions.connectRequested(),
  actions.connectionAttempted({ connectionId: 'c1', attempt: 0, at: 0 }),
  actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 0 }),
  actions.userTranscriptReceived({ id: 'u1', text: 'Tea?', final: true, at: 1_000 }),
  actions.toolCallStarted({ toolCallId: 'c1', name: 'brew', arguments: {}, at: 1_100 }),
  actions.assistantTurnStarted({ turnId: 'a1', at: 1_200 }),
].reduce(reducer, reducer(undefined, { type: 'start' }))

describe('a state that lacks', () => {
  it.each(fields)('%s.%s is shown and accepts every action', (slice, field) => {
    const earlier = without(inCall, slice, field)
    const shown = selectVoiceAgent({ voiceAgent: earlier })
    expect(Object.keys(shown[slice]).sort()).toEqual(Object.keys(initialState[slice]).sort())
    expect(selectVoiceAgent({ voiceAgent: earlier })).toBe(shown)
    expect(() => [selectStatusKind(shown), interimOf(shown.conversation)]).not.toThrow()
    const next = [
      actions.assistantTextAppended({ turnId: 'a1', delta: 'Green.' }),
      actions.userSpeechStarted({ id: 'u2', at: 2_000 }),
      actions.sendTextRequested('Black, please.'),
      actions.connectionClosed({ by: 'user', at: 3_000 }),
    ].reduce(reducer, earlier)
    expect(Object.keys(next[slice]).sort()).toEqual(Object.keys(initialState[slice]).sort())
  })

  it('a whole slice is shown', () => {
    const { stats: _, ...earlier } = inCall
    expect(selectVoiceAgent({ voiceAgent: earlier as VoiceAgentState }).stats).toEqual(initialState.stats)
  })

  it('its open turns contains those of its call', () => {
    const { turns } = selectVoiceAgent({ voiceAgent: without(inCall, 'conversation', 'turns') }).conversation
    expect(turns).toMatchObject({ isCallOn: true, agent: ['c1', 'a1'] })
    const idle = reducer(inCall, actions.connectionClosed({ by: 'user', at: 2_000 }))
    const ended = selectVoiceAgent({ voiceAgent: without(idle, 'conversation', 'turns') })
    expect(ended.conversation.turns).toMatchObject({ isCallOn: false, agent: [] })
  })
})

it('a state that lacks nothing stays the same object', () => {
  expect(selectVoiceAgent({ voiceAgent: inCall })).toBe(inCall)
  expect(reducer(inCall, { type: 'other' })).toBe(inCall)
})

it('can be imported by DevTools into an app with a call, which continues', async () => {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
    persistence: false,
  })
  onTestFinished(() => voiceAgent.dispose())
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefault) => getDefault().concat(instrument() as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as {
    liftedStore: { dispatch(action: object): void; getState(): LiftedState<object, UnknownAction, unknown> }
  }
  await voiceAgent.agent.connect()
  const earlier = without(inCall, 'conversation', 'turns')
  const imported = { ...liftedStore.getState(), committedState: { voiceAgent: earlier } }
  for (const noRecompute of [false, true]) {
    const states = imported.computedStates.map(() => ({ state: { voiceAgent: earlier } }))
    liftedStore.dispatch(ActionCreators.importState({ ...imported, computedStates: states }, noRecompute))
    expect(() => selectStatusKind(selectVoiceAgent(store.getState()))).not.toThrow()
    transport.emit({ type: 'userSpeechStarted' })
    transport.emit({ type: 'userTranscriptReceived', text: 'Two cups', final: true })
    transport.emit({ type: 'userSpeechStopped' })
    expect(selectMessages(store.getState()).length).toBeGreaterThan(0)
  }
  await voiceAgent.agent.disconnect()
  expect(transport.open).toBe(0)
})
