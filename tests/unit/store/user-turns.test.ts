import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { selectStatusKind } from '../../../src/components/voice-agent/selectors.js'
import {
  createVoiceAgentActions,
  createVoiceAgentReducer,
  createVoiceAgentSelectors,
  type Message,
  quietTimes,
  toVoiceError,
  VoiceAgentError,
} from '../../../store/index.js'

const actions = createVoiceAgentActions('voiceAgent')
const reducer = createVoiceAgentReducer(actions)
const { selectMessages, selectContext } = createVoiceAgentSelectors('voiceAgent')

type Action = Parameters<typeof reducer>[1]
type State = ReturnType<typeof reducer>
const stateAfter = (state: State, ...all: Action[]) => all.reduce(reducer, state)
const messagesOf = (state: State): Message[] => selectMessages({ voiceAgent: state })
const shown = (state: State) =>
  messagesOf(state).map(({ role, text, status }) => `${role} ${status}: ${text}`)
const statusOf = (state: State) => state.conversation.status

const call = stateAfter(
  reducer(undefined, { type: 'start' }),
  actions.connectRequested(),
  actions.connectionAttempted({ connectionId: 'c1', attempt: 0, at: 0 }),
  actions.connectionEstablished({ connectionId: 'c1', agent: 'fresh', at: 0 }),
)
const live = actions.microphoneChanged({ microphone: 'live' })
const lost = actions.connectionClosed({ by: 'user', at: 99_000 })

let ids = 0
const start = (at: number, turnId?: string) =>
  actions.userSpeechStarted({ id: `u${++ids}`, at, ...(turnId && { turnId }) })
const stop = (at: number, turnId?: string) => actions.userSpeechStopped({ at, ...(turnId && { turnId }) })
const heard = (text: string, at: number, turnId?: string) =>
  actions.userTranscriptReceived({ id: `t${++ids}`, text, final: true, at, ...(turnId && { turnId }) })
const interim = (text: string, at: number, turnId?: string) =>
  actions.userTranscriptReceived({ id: `t${++ids}`, text, final: false, at, ...(turnId && { turnId }) })
const agentSays = (turnId: string, text: string, at: number) => [
  actions.assistantTurnStarted({ turnId, at }),
  actions.assistantTextAppended({ turnId, delta: text }),
]
const answered = (turnId: string, text: string, at: number) => [
  ...agentSays(turnId, text, at),
  actions.assistantTurnCompleted({ turnId }),
]
const quiet = (quietMs: number) => actions.conversationQuiet({ quietMs })

describe('a user turn', () => {
  it('is one message from several finals, including one that arrives after the answer has started', () => {
    const speaking = stateAfter(call, start(1_000), heard('I would like two shirts', 1_400))
    expect(shown(speaking)).toEqual(['user streaming: I would like two shirts'])
    expect(statusOf(speaking)).toBe('listening')
    const answering = stateAfter(speaking, stop(2_000), ...agentSays('a', 'Two shirts', 2_050))
    const state = stateAfter(answering, heard('and one pair of socks.', 2_200))
    expect(shown(state)).toEqual([
      'user final: I would like two shirts and one pair of socks.',
      'assistant streaming: Two shirts',
    ])
    expect(messagesOf(state)[0]).toMatchObject({ createdAt: 1_000, speechMs: 1_000 })
  })

  it('without a transcript settles after a time limit, without affecting a later one', () => {
    const noise = stateAfter(call, start(1_000), stop(1_300))
    expect(statusOf(noise)).toBe('processing')
    const settled = stateAfter(noise, quiet(5_000))
    expect([statusOf(settled), shown(settled)]).toEqual(['listening', []])
    const next = stateAfter(settled, start(9_000), stop(10_000), heard('What is in my cart?', 10_200))
    expect(messagesOf(next)).toMatchObject([
      { text: 'What is in my cart?', createdAt: 9_000, speechMs: 1_000 },
    ])
  })

  it('follows earlier noise with its own length', () => {
    const state = stateAfter(
      call,
      start(1_000),
      stop(1_300),
      start(2_000),
      stop(3_000),
      heard('What is in my cart?', 3_200),
    )
    expect(messagesOf(state)).toMatchObject([
      { text: 'What is in my cart?', createdAt: 2_000, speechMs: 1_000 },
    ])
  })

  it('keeps its length next to a second one before both are transcribed', () => {
    const state = stateAfter(
      call,
      start(1_000),
      stop(2_000),
      start(2_200),
      stop(2_800),
      heard('Two shirts, please.', 2_900),
      heard('And socks.', 3_000),
    )
    expect(messagesOf(state)).toMatchObject([
      { text: 'Two shirts, please.', speechMs: 1_000 },
      { text: 'And socks.', speechMs: 600 },
    ])
  })

  it('is found by the provider’s id, in whatever order transcripts arrive', () => {
    const state = stateAfter(
      call,
      start(1_000, 'one'),
      stop(2_000, 'one'),
      start(2_200, 'two'),
      stop(2_800, 'two'),
      heard('Second.', 2_900, 'two'),
      ...agentSays('a', 'Yes', 3_000),
      heard('First.', 3_100, 'one'),
    )
    expect(messagesOf(state).map(({ text }) => text)).toEqual(['First.', 'Second.', 'Yes'])
  })

  it('shows its length if the provider reports that it is not transcribed', () => {
    const state = stateAfter(call, start(1_000), stop(3_400), heard('', 3_500))
    expect(messagesOf(state)).toMatchObject([{ text: '', status: 'final', speechMs: 2_400 }])
    expect(statusOf(state)).toBe('processing')
  })

  it('without speech events ends with its final, because nothing says that the next one belongs to the same turn', () => {
    const state = stateAfter(
      call,
      heard('First', 1_000),
      heard('half.', 2_000),
      ...answered('a', 'Yes.', 2_100),
      heard('Next.', 2_200),
    )
    expect(shown(state)).toEqual([
      'user final: First',
      'user final: half.',
      'assistant final: Yes.',
      'user final: Next.',
    ])
  })

  it('without speech events follows everything that arrived before it, even in the same millisecond', () => {
    const state = stateAfter(call, ...answered('a', 'Yes.', 1_000), heard('Next.', 1_000))
    expect(shown(state)).toEqual(['assistant final: Yes.', 'user final: Next.'])
  })

  it('has no spaces between parts in a script that uses none', () => {
    const state = stateAfter(call, start(1), heard('お茶を', 2), heard('ください', 3), stop(4))
    expect(shown(state)).toEqual(['user final: お茶をください'])
  })

  it.each([
    ['a loss', [lost]],
    ['the time limit after the user stopped', [stop(2_000), quiet(5_000)]],
    ['the time limit of speech that never stops', [quiet(60_000)]],
  ])(
    'keeps half-finished words after %s, for the next agent as well, and a later final replaces them',
    (_, end) => {
      const words = 'Please send it to Baker Street two hundred'
      const cut = stateAfter(call, start(1_000), interim(words, 1_500), ...end)
      expect(shown(cut)).toEqual([`user interrupted: ${words}`])
      expect(selectContext({ voiceAgent: cut }, 10)).toMatchObject([{ role: 'user', text: words }])
      const whole = 'Please send it to Baker Street, two hundred and ten.'
      expect(shown(stateAfter(cut, heard(whole, 4_000)))).toEqual([`user final: ${whole}`])
    },
  )
})

describe('the status', () => {
  it('is listening after an answer that was interrupted before its first sound', () => {
    const asked = stateAfter(call, start(1_000), stop(2_000), heard('Tea?', 2_100))
    expect(statusOf(asked)).toBe('processing')
    const begun = stateAfter(asked, actions.assistantTurnStarted({ turnId: 'a', at: 2_200 }))
    expect(statusOf(stateAfter(begun, actions.assistantTurnInterrupted({ turnId: 'a' })))).toBe('listening')
    expect(statusOf(stateAfter(asked, actions.assistantTurnInterrupted({ turnId: 'unknown' })))).toBe(
      'listening',
    )
    expect(statusOf(stateAfter(asked, actions.interruptRequested()))).toBe('listening')
  })

  it('is processing again for a text that was typed while the agent spoke, and gives up an answer that never arrives', () => {
    const speaking = stateAfter(call, ...agentSays('a', 'Well', 1_000), actions.assistantSpeechStarted())
    const typed = stateAfter(speaking, actions.sendTextRequested('Shorter, please'))
    expect(statusOf(typed)).toBe('speaking')
    const silent = stateAfter(
      typed,
      actions.assistantTurnCompleted({ turnId: 'a' }),
      actions.assistantSpeechStopped(),
    )
    expect(statusOf(silent)).toBe('processing')
    expect(statusOf(stateAfter(silent, quiet(30_000)))).toBe('listening')
  })
})

describe('a resent text', () => {
  it('ends the turn before it, like a typed text', () => {
    const text = actions.sendTextRequested('Shorter, please.')
    const { id } = text.payload
    const notSent = stateAfter(call, text, actions.textQueued({ id }), actions.textNotSent({ id }))
    const answering = stateAfter(
      notSent,
      start(1_000),
      heard('Tell me a story', 1_400),
      stop(2_000),
      ...agentSays('a', 'Once', 2_050),
    )
    const state = stateAfter(answering, actions.resendTextRequested({ id }), heard('about tea.', 2_200))
    expect(shown(state)).toEqual([
      'user final: Tell me a story',
      'assistant streaming: Once',
      'user final: Shorter, please.',
      'user final: about tea.',
    ])
  })
})

describe('a tool call that waits for the user', () => {
  const waiting = stateAfter(
    call,
    actions.sendTextRequested('Pay, please.'),
    actions.toolCallStarted({ toolCallId: 'c1', name: 'pay', arguments: {}, at: 1_000 }),
    actions.toolApprovalNeeded({ toolCallId: 'c1' }),
  )

  it('reports that, and not that the agent is thinking', () => {
    expect(statusOf(waiting)).toBe('listening')
    expect(selectStatusKind(waiting)).toBe('awaiting-approval')
    const spoken = stateAfter(waiting, start(2_000))
    expect(selectStatusKind(stateAfter(spoken, live))).toBe('hearing')
    expect(selectStatusKind(stateAfter(waiting, actions.assistantSpeechStarted()))).toBe('speaking')
  })

  it('reports that the agent is thinking once the user has decided, until it answers', () => {
    for (const decision of ['approveToolRequested', 'declineToolRequested'] as const) {
      const decided = stateAfter(waiting, actions[decision]({ toolCallId: 'c1' }))
      expect(selectStatusKind(decided)).toBe('thinking')
      expect(statusOf(stateAfter(decided, ...answered('a', 'Well.', 3_000)))).toBe(
        decision === 'declineToolRequested' ? 'listening' : 'processing',
      )
    }
  })

  it('reports it again on the connection after next', () => {
    const lost = stateAfter(
      waiting,
      actions.connectionLost({
        connectionId: 'c1',
        error: toVoiceError(new VoiceAgentError('connection-lost')),
        at: 2_000,
      }),
      actions.connectionAttempted({ connectionId: 'c2', attempt: 1, at: 2_100 }),
    )
    expect(statusOf(lost)).toBe('idle')
    const back = stateAfter(
      lost,
      actions.connectionEstablished({ connectionId: 'c2', agent: 'resumed', at: 2_200 }),
    )
    expect(selectStatusKind(back)).toBe('awaiting-approval')
  })
})

/** Any provider event, with the ids of a few turns, in any order. */
const providerEvent = fc.oneof(
  fc.constant({ kind: 'start' } as const),
  fc.constant({ kind: 'stop' } as const),
  fc.record({ kind: fc.constant('interim' as const), text: fc.constantFrom('', 'ha', 'half of') }),
  fc.record({
    kind: fc.constant('final' as const),
    text: fc.constantFrom('', 'All.', 'All of it, and more.'),
  }),
  fc.record({
    kind: fc.constantFrom('begin' as const, 'delta' as const, 'complete' as const, 'interrupt' as const),
    turn: fc.integer({ min: 0, max: 3 }),
  }),
  fc.constantFrom({ kind: 'speak' } as const, { kind: 'silent' } as const, { kind: 'type' } as const),
  fc.record({
    kind: fc.constantFrom(
      'call' as const,
      'ask' as const,
      'approve' as const,
      'decline' as const,
      'end' as const,
    ),
    tool: fc.integer({ min: 0, max: 2 }),
  }),
)
type ProviderEvent = typeof providerEvent extends fc.Arbitrary<infer Event> ? Event : never

function toAction(event: ProviderEvent, at: number, id: string): Action {
  switch (event.kind) {
    case 'start':
      return actions.userSpeechStarted({ id, at })
    case 'stop':
      return actions.userSpeechStopped({ at })
    case 'interim':
    case 'final':
      return actions.userTranscriptReceived({
        id,
        text: event.text,
        final: event.kind === 'final',
        at,
      })
    case 'begin':
      return actions.assistantTurnStarted({ turnId: `a${event.turn}`, at })
    case 'delta':
      return actions.assistantTextAppended({ turnId: `a${event.turn}`, delta: 'word ' })
    case 'complete':
      return actions.assistantTurnCompleted({ turnId: `a${event.turn}` })
    case 'interrupt':
      return actions.assistantTurnInterrupted({ turnId: `a${event.turn}` })
    case 'speak':
      return actions.assistantSpeechStarted()
    case 'silent':
      return actions.assistantSpeechStopped()
    case 'call':
      return actions.toolCallStarted({ toolCallId: `c${event.tool}`, name: 'pay', arguments: {}, at })
    case 'ask':
      return actions.toolApprovalNeeded({ toolCallId: `c${event.tool}` })
    case 'approve':
      return actions.approveToolRequested({ toolCallId: `c${event.tool}` })
    case 'decline':
      return actions.declineToolRequested({ toolCallId: `c${event.tool}` })
    case 'end':
      return actions.toolCallStopped({ toolCallId: `c${event.tool}`, cancelled: false })
    case 'type':
      return { ...actions.sendTextRequested('typed'), payload: { id, text: 'typed', at } }
  }
}

describe('any sequence of provider events, cut off anywhere', () => {
  const steps = fc.array(fc.tuple(providerEvent, fc.integer({ min: 0, max: 20_000 })), { maxLength: 40 })

  it('settles within the time limit, loses no visible word, keeps its order, and has correct lengths', () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (events, isLost) => {
        let [state, at] = [call, 1_000]
        for (const [index, [event, ms]] of events.entries()) {
          at += ms
          const before = messagesOf(state)
          state = stateAfter(state, toAction(event, at, `id-${index}`))
          const now = messagesOf(state)
          const order = now.map(({ id }) => id)
          expect(new Set(order).size).toBe(order.length)
          const kept = before.filter(({ text }) => text !== '')
          // Words that were shown stay, in order.
          const places = kept.map(({ id }) => order.indexOf(id))
          expect(places).toEqual(places.toSorted((a, b) => a - b))
          for (const { id, role, text, status } of kept) {
            const message = now.find((other) => other.id === id)
            expect(message, `"${text}" is still shown`).toBeDefined()
            const isReplaced = role === 'user' && status !== 'final'
            if (!isReplaced) expect(message?.text.startsWith(text)).toBe(true)
          }
          for (const { speechMs, createdAt } of now) {
            if (speechMs === undefined) continue
            expect(speechMs).toBeGreaterThanOrEqual(0)
            expect(speechMs).toBeLessThanOrEqual(at - createdAt)
          }
        }
        const rest = isLost
          ? stateAfter(state, lost)
          : stateAfter(state, ...quietTimes.map((ms) => quiet(ms)))
        expect(statusOf(rest)).toBe(isLost ? 'idle' : 'listening')
        // A tool may still be running, and the user may still be deciding.
        const open = messagesOf(rest).filter(({ status }) => status === 'streaming')
        expect(open.filter(({ tool }) => isLost || !tool)).toEqual([])
        const words = (messages: Message[]) =>
          messages.filter(({ text }) => text !== '').map(({ id, text }) => [id, text])
        expect(words(messagesOf(rest))).toEqual(words(messagesOf(state)))
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 200) },
    )
  }, 300_000)
})
