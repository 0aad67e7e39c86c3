import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent, VoiceAgentError, type VoiceAgentState } from 'redux-voice-agent'
import { replay, scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'

type Lifted = LiftedState<{ voiceAgent: VoiceAgentState }, UnknownAction, unknown>

/** Makes a short call in a store with the DevTools instrument and an app slice. */
async function recordCall() {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 'a-token', expiresAt: Date.now() + 3_600_000, sessionId: 's' }),
    persistence: false,
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer, cart: (count: number = 0) => count + 1 },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefaultEnhancers) => getDefaultEnhancers().concat(instrument() as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as {
    liftedStore: { dispatch(action: object): void; getState(): Lifted }
  }
  await voiceAgent.agent.connect()
  store.dispatch({ type: 'cart/added' })
  transport.emit({ type: 'userSpeechStarted' })
  transport.emit({ type: 'userTranscriptReceived', text: 'Two kettles', final: true })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
  transport.emit({ type: 'assistantTextReplaced', turnId: 'a1', text: 'Done.' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a1' })
  await voiceAgent.agent.disconnect()
  const lifted = () => liftedStore.getState()
  /** The agent's state after each of its actions, as computed by DevTools. */
  const computed = () =>
    lifted().stagedActionIds.flatMap((id, place) => {
      const isOurs = String(lifted().actionsById[id]?.action.type).startsWith('voiceAgent/')
      return isOurs && !lifted().skippedActionIds.includes(id)
        ? [lifted().computedStates[place]?.state.voiceAgent]
        : []
    })
  return { voiceAgent, liftedStore, lifted, computed }
}

/** The agent's state at each position after the first. */
function statesOf(recorded: ReturnType<typeof replay>) {
  const states: unknown[] = []
  while (recorded.next()) states.push(recorded.store.getState().voiceAgent)
  return states
}

afterEach(() => {
  vi.useRealTimers()
})

it.each([
  ['the lifted state', (lifted: Lifted): unknown => lifted],
  ['the lifted state as a file', (lifted: Lifted) => JSON.stringify(lifted)],
  [
    'a list of actions',
    (lifted: Lifted) => lifted.stagedActionIds.map((id) => lifted.actionsById[id]?.action),
  ],
  [
    "the extension's export",
    (lifted: Lifted) =>
      JSON.stringify({
        payload: JSON.stringify(lifted.stagedActionIds.map((id) => lifted.actionsById[id]?.action)),
      }),
  ],
])('shows each moment of a call from %s as DevTools does', async (_, exported) => {
  const { lifted, computed, voiceAgent } = await recordCall()
  const recorded = replay(exported(lifted()))
  expect(recorded.length).toBe(computed().length)
  expect(recorded.store.getState().voiceAgent?.connection.status).toBe('idle')
  expect(statesOf(recorded)).toEqual(JSON.parse(JSON.stringify(computed())))
  expect(recorded.position).toBe(recorded.length)

  recorded.goTo(0)
  expect(recorded.store.getState().voiceAgent?.conversation.messages.count).toBe(0)
  await voiceAgent.dispose()
})

it('starts where the log was committed, and omits skipped actions', async () => {
  const { liftedStore, lifted, computed, voiceAgent } = await recordCall()
  const turn = lifted().stagedActionIds.find(
    (id) => lifted().actionsById[id]?.action.type === 'voiceAgent/userTranscriptReceived',
  )
  liftedStore.dispatch(ActionCreators.toggleAction(turn ?? -1))
  const recorded = replay(lifted())
  expect(statesOf(recorded).at(-1)).toEqual(computed().at(-1))
  const texts = recorded.agent.selectors.selectMessages(recorded.store.getState()).map(({ text }) => text)
  expect(texts).toEqual(['Done.'])

  liftedStore.dispatch(ActionCreators.toggleAction(turn ?? -1))
  liftedStore.dispatch(ActionCreators.commit())
  void voiceAgent.agent.connect()
  await vi.waitFor(() => expect(computed().at(-1)?.connection.status).toBe('connected'))
  const { committedState, stagedActionIds, actionsById } = lifted()
  const payload = stagedActionIds.map((id) => actionsById[id]?.action)
  for (const log of [lifted(), { payload, preloadedState: JSON.stringify(committedState) }]) {
    const later = replay(log)
    expect(later.store.getState().voiceAgent?.conversation.messages.count).toBe(2)
    later.goTo(later.length)
    expect(later.store.getState().voiceAgent?.connection.status).toBe('connected')
  }
  await voiceAgent.dispose()
})

it('plays in real time or faster, and stops', async () => {
  vi.useFakeTimers()
  const at = [0, 100, 90_000, 90_500]
  const actionsById = Object.fromEntries(
    at.map((timestamp, id) => [id, { action: { type: 'voiceAgent/connectRequested' }, timestamp }]),
  )
  const recorded = replay({ actionsById, stagedActionIds: [0, 1, 2, 3] })
  const positions: number[] = []
  recorded.store.subscribe(() => positions.push(recorded.position))
  recorded.goTo(1)
  const played = recorded.play({ speed: 2 })
  await vi.advanceTimersByTimeAsync(49)
  expect(recorded.position).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(recorded.position).toBe(2)
  // Playback skips the pause of a minute and a half.
  await vi.advanceTimersByTimeAsync(1000)
  expect(recorded.position).toBe(3)
  recorded.stop()
  await played
  await vi.advanceTimersByTimeAsync(10_000)
  expect(recorded.position).toBe(3)
  void recorded.play()
  await vi.advanceTimersByTimeAsync(500)
  expect(positions).toEqual([1, 2, 3, 4])
  expect(recorded.next()).toBe(false)
  await expect(recorded.play({ speed: 0 })).rejects.toMatchObject({ code: 'invalid-option' })
  expect(() => recorded.goTo(5)).toThrow(VoiceAgentError)
})

it('does nothing that its agent is asked to do', async () => {
  const recorded = replay([{ type: 'voiceAgent/connectRequested' }])
  const before = recorded.store.getState()
  await expect(recorded.agent.connect()).rejects.toMatchObject({ code: 'not-connected' })
  expect(() => recorded.agent.mute()).toThrow(VoiceAgentError)
  expect(recorded.store.getState()).toBe(before)
})

it.each([
  ['no JSON', '{"actionsById": secret'],
  ['a number', 7],
  ['null', 'null'],
  ['an object of something else', { secret: true }],
  ['no ids', { actionsById: {} }],
  ['an id without an action', { actionsById: {}, stagedActionIds: ['secret'] }],
  ['an action without a type', [{ payload: 'secret' }]],
  ['a payload that is no list', { payload: '"secret"' }],
  ['nothing of the agent', [{ type: 'cart/secret' }]],
  ['another agent', [{ type: 'support/connectRequested' }]],
  ['an action without its payload', [{ type: 'voiceAgent/assistantTurnStarted' }]],
  [
    'a state of something else',
    { payload: [{ type: 'voiceAgent/connectRequested' }], preloadedState: { voiceAgent: { secret: 1 } } },
  ],
])('reports a log with %s, without quoting it', (_, log) => {
  let thrown: unknown
  try {
    replay(log)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(VoiceAgentError)
  const { code, message, cause } = thrown as VoiceAgentError
  expect({ code, cause }).toEqual({ code: 'invalid-option', cause: undefined })
  expect(message).not.toContain('secret')
})

it('shows a recording whose first state is from an earlier version, which lacks fields', async () => {
  const { lifted } = await recordCall()
  const log = JSON.parse(JSON.stringify(lifted()))
  const first = log.computedStates[0].state
  const { status, messages, draft, firstLoadedIndex, restoredCount } = first.voiceAgent.conversation
  first.voiceAgent.conversation = { status, messages, draft, firstLoadedIndex, restoredCount }
  const recorded = replay({ ...log, committedState: first })
  expect(recorded.agent.store.getState()).toHaveProperty('voiceAgent.conversation.outbox', [])
  recorded.goTo(recorded.length)
  const { conversation } = recorded.store.getState().voiceAgent as VoiceAgentState
  expect(conversation.messages.count).toBe(2)
})

describe('a recording that starts during a call', () => {
  async function recordedFrom(first: string) {
    const { lifted } = await recordCall()
    const { stagedActionIds, actionsById } = lifted()
    const all = stagedActionIds.map((id) => actionsById[id]?.action as UnknownAction)
    return all.slice(all.findIndex(({ type }) => type === `voiceAgent/${first}`))
  }
  const statuses = (recorded: ReturnType<typeof replay>) =>
    statesOf(recorded).map((state) => {
      const { connection, conversation } = state as VoiceAgentState
      return `${connection.status} ${conversation.status}`
    })

  it('shows the call, though the log has no initial state', async () => {
    const recorded = replay(await recordedFrom('userSpeechStarted'))
    expect(recorded.store.getState().voiceAgent?.connection.status).toBe('connected')
    const shown = statuses(recorded)
    expect(shown.at(-1)).toBe('disconnected idle')
    expect(new Set(shown.slice(0, 5))).toEqual(new Set(['connected listening']))
  })

  it('that starts with its attempt to connect shows none before', async () => {
    const recorded = replay(await recordedFrom('connectionAttempted'))
    expect(recorded.store.getState().voiceAgent?.connection.status).toBe('idle')
  })

  it('shows the call of a state that lacks the open turns', async () => {
    const { liftedStore, lifted, computed, voiceAgent } = await recordCall()
    void voiceAgent.agent.connect()
    await vi.waitFor(() => expect(computed().at(-1)?.connection.status).toBe('connected'))
    liftedStore.dispatch(ActionCreators.commit())
    voiceAgent.agent.sendText('More, please.')
    const log = JSON.parse(JSON.stringify(lifted()))
    delete log.committedState.voiceAgent.conversation.turns
    expect(statuses(replay(log)).at(-1)).toBe('connected processing')
    await voiceAgent.dispose()
  })
})
