import { createVoiceAgent, type Message } from 'redux-voice-agent'
import { expect, it, vi } from 'vitest'
import { setUp, statusIs } from '../middleware/support.js'

const messages: Message[] = [
  { id: 'm1', role: 'user', text: 'One', status: 'final', createdAt: 1 },
  { id: 'm2', role: 'assistant', text: 'Two', status: 'final', createdAt: 2 },
]

/** Results of all selectors, by name. `selectContext` gets 1, and `selectSessionStats` the time. */
function selectAll({ selectors }: ReturnType<typeof setUp>['voiceAgent'], state: object, now: number) {
  const { selectContext, selectSessionStats, ...others } = selectors
  return {
    ...Object.fromEntries(Object.entries(others).map(([name, select]) => [name, select(state)])),
    selectContext: selectContext(state, 1),
    selectSessionStats: selectSessionStats(state, now),
  }
}

it('before the reducer is in the store, each selector returns the initial value', () => {
  const voiceAgent = createVoiceAgent({ apiEndpoint: '/api', persistence: false })
  const slices = voiceAgent.reducer(undefined, { type: 'none' })
  expect(selectAll(voiceAgent, {}, 0)).toEqual({
    selectVoiceAgent: slices,
    selectConnection: slices.connection,
    selectConversation: slices.conversation,
    selectSession: slices.session,
    selectStats: slices.stats,
    selectConnectionStatus: 'idle',
    selectConversationStatus: 'idle',
    selectInterimTranscript: null,
    selectDraft: '',
    selectMessages: [],
    selectMessageCount: 0,
    selectHasEarlierMessages: false,
    selectRestore: {
      phase: 'idle',
      conversation: 'none',
      agent: 'none',
      reason: null,
      error: null,
      lost: [],
    },
    selectIsSessionRestored: false,
    selectIsCallWanted: false,
    selectConnectionQuality: null,
    selectError: null,
    selectContext: [],
    selectSessionStats: {
      isActive: false,
      sessionId: null,
      messageCount: 0,
      duration: 0,
      reconnectAttempts: 0,
      tokenExpiresIn: null,
    },
  })
})

it('in the call of a restored session that is being saved unreliably, each selector returns its part of the state', async () => {
  const { voiceAgent, store, transport, agent, actions } = setUp(undefined, { reconnect: () => null })
  store.dispatch(
    actions.sessionRehydrated({
      id: 's1',
      tabId: 'tab',
      createdAt: 0,
      revision: 1,
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 4,
      messages,
      firstLoadedIndex: 64,
    }),
  )
  store.dispatch(
    actions.restoreSettled({ conversation: 'restored', agent: 'none', reason: 'call-had-ended' }),
  )
  await agent.connect()
  agent.setDraft('Unsent')
  transport.emit({ type: 'userSpeechStarted' })
  transport.emit({ type: 'userTranscriptReceived', text: 'Three', final: false })
  const error = { code: 'storage-quota', message: 'The disk is full.', recoverable: true } as const
  store.dispatch(actions.storageStatusChanged({ storage: 'degraded', error }))
  const interim = expect.objectContaining({ role: 'user', text: 'Three', status: 'streaming' })
  await vi.waitFor(() =>
    expect(voiceAgent.selectors.selectInterimTranscript(store.getState())).toEqual(interim),
  )

  const state = store.getState()
  const { connection, conversation, session, stats } = state.voiceAgent
  const now = (stats.startedAt ?? 0) + 5_000
  expect(selectAll(voiceAgent, state, now)).toEqual({
    selectVoiceAgent: state.voiceAgent,
    selectConnection: connection,
    selectConversation: conversation,
    selectSession: session,
    selectStats: stats,
    selectConnectionStatus: 'connected',
    selectConversationStatus: 'listening',
    selectInterimTranscript: interim,
    selectDraft: 'Unsent',
    selectMessages: [...messages, interim],
    selectMessageCount: 67,
    selectHasEarlierMessages: true,
    selectRestore: expect.objectContaining({ conversation: 'restored', reason: 'call-had-ended' }),
    selectIsSessionRestored: true,
    selectIsCallWanted: true,
    selectConnectionQuality: null,
    selectError: error,
    selectContext: [expect.objectContaining({ role: 'user' })],
    selectSessionStats: {
      isActive: true,
      sessionId: session.id,
      messageCount: 67,
      duration: 5_000,
      reconnectAttempts: 4,
      tokenExpiresIn: (session.tokenExpiresAt ?? 0) - now,
    },
  })

  const failed = statusIs(agent, 'failed')
  transport.emit({ type: 'connectionState', state: 'closed' })
  await failed
  const { selectConnectionStatus, selectIsCallWanted, selectError } = voiceAgent.selectors
  expect(selectConnectionStatus(store.getState())).toBe('failed')
  expect(selectIsCallWanted(store.getState())).toBe(false)
  // The call's error is shown before the storage's.
  expect(selectError(store.getState())?.code).toBe(store.getState().voiceAgent.connection.error?.code)
  expect(store.getState().voiceAgent.session.error).toEqual(error)
})
