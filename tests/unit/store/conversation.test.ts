import { describe, expect, it } from 'vitest'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  toVoiceError,
  VoiceAgentError,
} from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)
const selectors = createVoiceAgentSelectors('voiceAgent')

type Action = Parameters<typeof reducer>[1]
const stateAfter = (...all: Action[]) => all.reduce(reducer, reducer(undefined, { type: 'start' }))
const messagesOf = (state: ReturnType<typeof stateAfter>) =>
  selectors.selectMessages({ voiceAgent: state }).map(({ role, text, status }) => [role, text, status])

const connected = [
  actions.connectRequested(),
  actions.connectionAttempted({ connectionId: 'c1', attempt: 0, at: 1 }),
  actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 2 }),
]
const lost = actions.connectionLost({
  connectionId: 'c1',
  error: toVoiceError(new VoiceAgentError('connection-lost')),
  at: 9,
})

describe('the conversation', () => {
  it('streams an answer into one message and completes it', () => {
    const state = stateAfter(
      ...connected,
      actions.assistantTurnStarted({ turnId: 'a', at: 3 }),
      actions.assistantTextAppended({ turnId: 'a', delta: 'Good ' }),
      actions.assistantTextAppended({ turnId: 'a', delta: 'day.' }),
      actions.assistantTurnCompleted({ turnId: 'a' }),
      actions.assistantTextAppended({ turnId: 'a', delta: ' Too late.' }),
    )
    expect(messagesOf(state)).toEqual([['assistant', 'Good day.', 'final']])
  })

  it('keeps the order of turns that arrive in one millisecond, even if an answer overtakes its transcript', () => {
    const at = 3
    const state = stateAfter(
      ...connected,
      ...['1', '2'].flatMap((turn) => [
        actions.userSpeechStarted({ id: `user-${turn}`, at }),
        actions.userSpeechStopped({ at }),
        actions.assistantTurnStarted({ turnId: `agent-${turn}`, at }),
        actions.assistantTextAppended({ turnId: `agent-${turn}`, delta: `Answer ${turn}` }),
        actions.userTranscriptReceived({ id: `late-${turn}`, text: `Question ${turn}`, final: true, at }),
        actions.assistantTurnCompleted({ turnId: `agent-${turn}` }),
      ]),
    )
    expect(messagesOf(state).map(([, text]) => text)).toEqual([
      'Question 1',
      'Answer 1',
      'Question 2',
      'Answer 2',
    ])
  })

  it('keeps what was heard of an interrupted answer, and nothing of one that was never heard', () => {
    const state = stateAfter(
      ...connected,
      actions.assistantTurnStarted({ turnId: 'a', at: 3 }),
      actions.assistantTextAppended({ turnId: 'a', delta: 'Good ' }),
      actions.assistantTurnInterrupted({ turnId: 'a' }),
      actions.assistantTurnStarted({ turnId: 'b', at: 4 }),
      actions.assistantTurnInterrupted({ turnId: 'b' }),
    )
    expect(messagesOf(state)).toEqual([['assistant', 'Good ', 'interrupted']])
  })

  it('shows a question before its answer, though it was transcribed after the answer started, and after what it interrupted', () => {
    const spoken = (id: string, at: number) => actions.userSpeechStarted({ id, at })
    const state = stateAfter(
      ...connected,
      actions.assistantTurnStarted({ turnId: 'a', at: 3 }),
      actions.assistantTextAppended({ turnId: 'a', delta: 'Good day.' }),
      spoken('u', 4),
      actions.userSpeechStopped({ at: 6 }),
      actions.assistantTurnInterrupted({ turnId: 'a' }),
      actions.assistantTurnStarted({ turnId: 'b', at: 7 }),
      actions.assistantTextAppended({ turnId: 'b', delta: 'Gladly.' }),
      actions.userTranscriptReceived({ id: 'late', text: 'Tea, please.', final: true, at: 8 }),
      actions.assistantTurnCompleted({ turnId: 'b' }),
      spoken('v', 9),
      actions.assistantTurnStarted({ turnId: 'c', at: 10 }),
      actions.assistantTextAppended({ turnId: 'c', delta: 'Anything' }),
      actions.userSpeechStopped({ at: 11 }),
      actions.userTranscriptReceived({ id: 'last', text: 'Wait.', final: true, at: 12 }),
    )
    expect(messagesOf(state).map(([, text]) => text)).toEqual([
      'Good day.',
      'Tea, please.',
      'Gladly.',
      'Anything',
      'Wait.',
    ])
  })

  it('settles a streaming answer, and one before a typed turn, when the connection is lost', () => {
    const state = stateAfter(
      ...connected,
      actions.assistantTurnStarted({ turnId: 'a', at: 3 }),
      actions.assistantTextAppended({ turnId: 'a', delta: 'Good ' }),
      { ...actions.sendTextRequested('Stop'), payload: { id: 'u', text: 'Stop', at: 4 } },
      lost,
    )
    expect(messagesOf(state)).toEqual([
      ['assistant', 'Good ', 'interrupted'],
      ['user', 'Stop', 'final'],
    ])
    expect(state.conversation.status).toBe('idle')
  })

  it('shows a spoken turn without a transcript by its length, under the id of the interim turn', () => {
    const state = stateAfter(
      ...connected,
      actions.userSpeechStarted({ id: 'u', at: 1_000 }),
      actions.userSpeechStopped({ at: 3_400 }),
      actions.userTranscriptReceived({ id: 'other', text: '', final: true, at: 3_500 }),
    )
    expect(selectors.selectMessages({ voiceAgent: state })).toEqual([
      { id: 'u', role: 'user', text: '', status: 'final', createdAt: 1_000, speechMs: 2_400 },
    ])
    expect(selectors.selectInterimTranscript({ voiceAgent: state })).toBeNull()
  })

  it('gives a reconnecting agent the last messages, with partial ones settled and spoken ones described', () => {
    const state = stateAfter(
      ...connected,
      actions.userSpeechStarted({ id: 'u', at: 1_000 }),
      actions.userSpeechStopped({ at: 3_400 }),
      actions.userTranscriptReceived({ id: 'u', text: '', final: true, at: 3_500 }),
      actions.assistantTurnStarted({ turnId: 'a', at: 4_000 }),
      actions.assistantTextAppended({ turnId: 'a', delta: 'Good ' }),
    )
    expect(selectors.selectContext({ voiceAgent: state }, 10)).toEqual([
      { id: 'u', role: 'user', text: '(spoke for 2.4 s; not transcribed)' },
      { id: 'a', role: 'assistant', text: 'Good ' },
    ])
    expect(selectors.selectContext({ voiceAgent: state }, 1)).toHaveLength(1)
    expect(selectors.selectContext({ voiceAgent: state }, 0)).toEqual([])
  })

  it('prepends earlier messages, and ignores a part that does not fit', () => {
    const message = (id: string) => ({ id, role: 'user', text: id, status: 'final', createdAt: 1 }) as const
    const session = {
      id: 's',
      tabId: 't',
      createdAt: 1,
      revision: 7,
      startedAt: 1,
      endedAt: null,
      reconnectAttempts: 0,
    }
    const state = stateAfter(
      actions.sessionRehydrated({ ...session, messages: [message('c')], firstLoadedIndex: 2 }),
      actions.earlierMessagesLoaded({ messages: [message('x')], firstLoadedIndex: 0 }),
      actions.earlierMessagesLoaded({ messages: [message('a'), message('b')], firstLoadedIndex: 0 }),
    )
    expect(messagesOf(state).map(([, text]) => text)).toEqual(['a', 'b', 'c'])
    expect(selectors.selectMessageCount({ voiceAgent: state })).toBe(3)
    expect(state.conversation.restoredCount).toBe(3)
  })
})

describe('a restored conversation', () => {
  const session = {
    id: 's',
    tabId: 't',
    createdAt: 1,
    revision: 7,
    startedAt: 1,
    endedAt: null,
    reconnectAttempts: 0,
  }
  const streaming = (text: string) =>
    ({ id: `a${text}`, role: 'assistant', text, status: 'streaming', createdAt: 1 }) as const
  const typed = { id: 'u', role: 'user', text: 'Hello', status: 'final', createdAt: 1 } as const

  it('settles what was streaming, and omits a turn without words', () => {
    const call = {
      ...streaming(''),
      id: 't',
      role: 'tool',
      tool: { name: 'look', arguments: {}, status: 'running' },
    } as const
    const messages = [streaming('Good '), typed, call, streaming('')]
    const state = stateAfter(actions.sessionRehydrated({ ...session, messages, firstLoadedIndex: 0 }))
    expect(messagesOf(state)).toEqual([
      ['assistant', 'Good ', 'interrupted'],
      ['user', 'Hello', 'final'],
      ['tool', '', 'interrupted'],
    ])
    expect(state.conversation.restoredCount).toBe(3)
  })

  it('also settles what was streaming among its earlier messages', () => {
    const state = stateAfter(
      actions.sessionRehydrated({ ...session, messages: [typed], firstLoadedIndex: 1 }),
      actions.earlierMessagesLoaded({ messages: [streaming('Good ')], firstLoadedIndex: 0 }),
    )
    expect(messagesOf(state)[0]).toEqual(['assistant', 'Good ', 'interrupted'])
  })
})

describe('the connection', () => {
  it('ignores what a previous connection reports', () => {
    const state = stateAfter(
      ...connected,
      lost,
      actions.connectionAttempted({ connectionId: 'c2', attempt: 1, at: 10 }),
      actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 11 }),
    )
    expect(state.connection.status).toBe('reconnecting')
  })

  it('ignores a connection that is established after the call was ended', () => {
    const state = stateAfter(
      actions.connectRequested(),
      actions.connectionAttempted({ connectionId: 'c1', attempt: 0, at: 1 }),
      actions.connectionClosed({ by: 'user', at: 2 }),
      actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 3 }),
    )
    expect(state.connection.status).toBe('disconnected')
    expect(state.conversation.status).toBe('idle')
    expect(state.stats.startedAt).toBeNull()
  })
})

describe('the revision', () => {
  it('grows only with what is persisted', () => {
    const before = stateAfter(...connected)
    const muted = reducer(before, actions.microphoneChanged({ microphone: 'muted' }))
    expect(muted.session.revision).toBe(before.session.revision)
    const typed = reducer(before, actions.sendTextRequested('Hello'))
    expect(typed.session.revision).toBe(before.session.revision + 1)
  })
})

describe('a session that is reloaded', () => {
  it('keeps the texts in the outbox that were stored while they waited', () => {
    const [one, two] = [actions.sendTextRequested('one'), actions.sendTextRequested('two')]
    const ids = [one.payload.id, two.payload.id]
    const waiting = stateAfter(
      actions.connectRequested(),
      one,
      actions.textQueued({ id: one.payload.id }),
      two,
      actions.textQueued({ id: two.payload.id }),
    )
    const [first] = selectors.selectMessages({ voiceAgent: waiting })
    const session = {
      id: 's',
      tabId: 't',
      createdAt: 1,
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      firstLoadedIndex: 0,
      revision: 9,
    }
    const read = reducer(
      waiting,
      actions.sessionRehydrated({
        ...session,
        messages: first ? [first] : [],
        queuedTextIds: ids,
        isReload: true,
      }),
    )
    expect(messagesOf(read).map(([, text]) => text)).toEqual(['one', 'two'])
    expect(read.conversation.outbox).toEqual(ids)
  })
})
