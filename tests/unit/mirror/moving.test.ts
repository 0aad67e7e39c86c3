import { expect, it } from 'vitest'
import type { Command, Event } from '../../../middleware/live/events.js'
import { initialLive, type Live, type RestoreJob } from '../../../middleware/live/state.js'
import { transition } from '../../../middleware/live/transition.js'
import { VoiceAgentError } from '../../../store/index.js'

/** Feeds events to a page, and collects the resulting commands. */
function createPage(start: Partial<Live> = {}) {
  let live: Live = { ...initialLive, storage: 'open', tab: { id: 'tab', isDuplicate: false }, ...start }
  const commands: Command[] = []
  return {
    feed(...events: Event[]) {
      for (const event of events) {
        const [next, due] = transition(live, event)
        live = next
        commands.push(...due)
      }
    },
    live: () => live,
    commands,
    types: () => commands.map(({ type }) => type),
    facts: () => commands.flatMap((command) => (command.type === 'tell' ? [command.fact.name] : [])),
    /** The outcome of each request: its error code, or null. */
    answers: () =>
      commands.flatMap((command) =>
        command.type === 'settle' ? [[command.requestId, command.error?.code ?? null]] : [],
      ),
  }
}

const intent = { isCallShown: false, firstLoadedIndex: 0, revision: 1, text: '', at: 1 }
const call = { type: 'connectRequested', payload: undefined, requestId: 'call', ...intent } as const
const established = {
  name: 'connectionEstablished',
  payload: { connectionId: 'c1', agent: 'resumed', at: 1 },
} as const
const lost = {
  name: 'connectionLost',
  payload: { connectionId: 'c1', at: 2, error: { code: 'call-moved', message: '', recoverable: false } },
} as const
const move = (waits: boolean, requestId = 'move'): Event => ({
  type: 'moveRequested',
  requestId,
  sessionId: 's1',
  waits,
  at: 5,
})

/** A page with a call in session `s1`. */
function createCaller() {
  const page = createPage({ session: { id: 's1' } })
  page.feed(call)
  const callId = page.live().call?.id ?? ''
  page.feed({ type: 'callReported', callId, fact: established })
  page.commands.splice(0)
  return { ...page, callId }
}

it('a session that moves leaves its call without a farewell, and the call counts as ended before it is released', () => {
  const page = createCaller()
  page.feed(move(false))
  expect(page.live()).toMatchObject({ session: null, call: null, job: null, moving: null })
  expect(page.commands).toContainEqual({ type: 'stopCall', callId: page.callId, isQuiet: true })
  expect(page.facts()).toEqual(['sessionEnded'])
  expect(page.commands.at(-1)).toEqual({ type: 'releaseSession', sessionId: 's1', requestIds: ['move'] })
  expect(page.answers()).toEqual([])
})

it('a session that waits for its agent moves when the connection is lost, and its failure is not reported', () => {
  const page = createCaller()
  page.feed(move(true))
  expect(page.live()).toMatchObject({ session: { id: 's1' }, call: { status: 'connected' } })
  page.feed({ type: 'callReported', callId: page.callId, fact: lost })
  expect(page.live()).toMatchObject({ session: null, call: null, moving: null })
  expect(page.facts()).toEqual(['connectionLost', 'sessionEnded'])
  page.feed({ type: 'callEnded', callId: page.callId, error: new VoiceAgentError('call-moved'), at: 6 })
  expect(page.facts()).toEqual(['connectionLost', 'sessionEnded'])
})

it('a call that fails while its session waits moves too', () => {
  const page = createCaller()
  page.feed(move(true))
  page.feed({ type: 'callEnded', callId: page.callId, error: new VoiceAgentError('call-moved'), at: 6 })
  expect(page.live().session).toBeNull()
  expect(page.facts()).toEqual(['sessionEnded'])
})

it.each<[string, Event[], [string, string | null][]]>([
  ['cancelled', [move(true), { type: 'moveCancelled' }], [['move', 'superseded']]],
  ['repeated without the wait', [move(true), move(false, 'again')], [['move', 'superseded']]],
  [
    'asked of a page without the session',
    [{ type: 'moveRequested', requestId: 'move', sessionId: 'other', waits: false, at: 5 }],
    [['move', 'session-missing']],
  ],
  [
    'overtaken by the end of the session',
    [move(true), { type: 'endSessionRequested', payload: undefined, requestId: 'end', ...intent }],
    [['move', 'superseded']],
  ],
])('a move that is %s resolves once', (_how, events, expected) => {
  const page = createCaller()
  page.feed(...events)
  const answers = page.answers()
  expect(answers).toEqual(expect.arrayContaining(expected))
  expect(answers.filter(([id]) => id === 'move')).toHaveLength(1)
  expect(page.live().moving).toBeNull()
})

it('a session that moves while another one is about to be opened answers all requests', () => {
  const page = createPage({ session: { id: 's1' } })
  page.feed(
    { type: 'restoreRequested', payload: { sessionId: 's2' }, requestId: 'restore', ...intent },
    call,
    move(false),
  )
  expect(page.live()).toMatchObject({ session: null, call: null, job: null })
  expect(page.answers()).toEqual([
    ['call', 'not-connected'],
    ['restore', null],
  ])
  expect(page.facts()).toContain('connectionClosed')
})

it('a session that moves before its own restore has settled settles it', () => {
  const job: RestoreJob = {
    kind: 'restore',
    id: 7,
    requestIds: ['restore'],
    sessionId: 's1',
    isOfTab: true,
    taken: null,
    isCallAllowed: true,
    isCallDue: true,
    connectIds: [],
    tokenExpiresAt: null,
    token: 'refreshing',
    tokenReason: null,
    unsent: [],
    noCallReason: null,
    step: 'permission',
  }
  const restoring = createPage({ session: { id: 's1' }, job })
  restoring.feed(move(false))
  expect(restoring.facts()).toEqual(['restoreSettled', 'sessionEnded'])
  expect(restoring.answers()).toEqual([['restore', null]])
})

it('texts that were not acknowledged are left to the next owner', () => {
  const page = createCaller()
  page.feed({
    type: 'callReported',
    callId: page.callId,
    fact: { name: 'textsAcknowledged', payload: { lastTextId: null } },
  })
  page.feed({
    type: 'sendTextRequested',
    payload: { id: 't1', text: 'Hello', at: 1 },
    requestId: 'text',
    ...intent,
  })
  page.feed(move(true), { type: 'callReported', callId: page.callId, fact: lost })
  // Marked as waiting, and therefore stored with the session.
  expect(page.facts().filter((name) => name === 'textQueued')).toHaveLength(2)
  expect(page.facts()).not.toContain('textNotSent')
})

it('a message that is not stored with a session that moves is reported as not sent', () => {
  const page = createCaller()
  page.feed(
    { type: 'callReported', callId: page.callId, fact: lost },
    {
      type: 'clientMessageRequested',
      payload: { name: 'cart', data: null },
      requestId: 'message',
      ...intent,
    },
    {
      type: 'sendTextRequested',
      payload: { id: 't1', text: 'Hello', at: 1 },
      requestId: 'text',
      ...intent,
    },
    move(false),
  )
  expect(page.answers()).toEqual([
    ['message', 'not-connected'],
    ['text', null],
  ])
})

const takeOver = (taken: 'early' | 'after' | 'none'): Event => ({
  type: 'takeOverRequested',
  requestId: 'take',
  sessionId: 's1',
  call: taken,
  at: 1,
})

it('an early call is set up before the session is here, without a microphone, and reports nothing until then', () => {
  const page = createPage()
  page.feed(takeOver('early'))
  const start = page.commands.find(({ type }) => type === 'startCall')
  expect(start).toMatchObject({ sessionId: 's1', isHandover: true })
  const callId = page.live().call?.id ?? ''
  page.feed({
    type: 'callReported',
    callId,
    fact: { name: 'connectionAttempted', payload: { connectionId: 'c1', attempt: 0, at: 1 } },
  })
  page.feed({ type: 'callReported', callId, fact: established })
  expect(page.types()).not.toContain('readSession')
  expect(page.facts()).toEqual([])
  page.feed({ type: 'sessionFreed', sessionId: 's1', isCallEnded: false, at: 2 })
  expect(page.types().at(-1)).toBe('readSession')
})

it('an early call whose user presses End in the other tab ends before the session and its microphone are here', () => {
  const page = createPage()
  page.feed(takeOver('early'))
  const callId = page.live().call?.id ?? ''
  page.feed({ type: 'callReported', callId, fact: established })
  page.feed({ type: 'sessionFreed', sessionId: 's1', isCallEnded: true, at: 2 })
  expect(page.commands).toContainEqual({ type: 'stopCall', callId })
  expect(page.live().call).toBeNull()
  expect(page.types().at(-1)).toBe('readSession')
  expect(page.types()).not.toContain('openMicrophone')
})

it('messages that wait for an early call are answered if the user ends it in the other tab', () => {
  const page = createPage()
  page.feed(
    takeOver('early'),
    {
      type: 'clientMessageRequested',
      payload: { name: 'cart', data: null },
      requestId: 'message',
      ...intent,
    },
    { type: 'sessionFreed', sessionId: 's1', isCallEnded: true, at: 2 },
  )
  expect(page.answers()).toEqual([['message', 'not-connected']])
})

it('an early call that fails gives up the takeover, reports nothing, and creates no session', () => {
  const page = createPage()
  page.feed(takeOver('early'))
  const callId = page.live().call?.id ?? ''
  page.feed({ type: 'callEnded', callId, error: new VoiceAgentError('agent-unreachable'), at: 2 })
  expect(page.answers()).toEqual([['take', 'agent-unreachable']])
  expect(page.facts()).toEqual([])
  expect(page.live()).toMatchObject({ job: null, call: null, session: null })
  page.feed({ type: 'sessionFreed', sessionId: 's1', isCallEnded: false, at: 3 })
  expect(page.types()).not.toContain('readSession')
})

it.each([
  ['the end of a session', { type: 'endSessionRequested', payload: undefined }],
  ['another session', { type: 'createSessionRequested', payload: undefined }],
  ['the restoration of another session', { type: 'restoreRequested', payload: { sessionId: 's2' } }],
] as const)(
  'a takeover that %s supersedes fails, and leaves its early call without a farewell',
  (_what, later) => {
    const page = createPage()
    page.feed(takeOver('early'))
    const callId = page.live().call?.id ?? ''
    page.feed({ ...later, requestId: 'later', ...intent } as Event)
    expect(page.answers()).toContainEqual(['take', 'superseded'])
    expect(page.commands).toContainEqual({ type: 'stopCall', callId, isQuiet: true })
    expect(page.live().call).toBeNull()
    // The state shows the other tab's call, which continues.
    expect(page.facts()).not.toContain('connectionClosed')
    page.feed({ type: 'sessionFreed', sessionId: 's1', isCallEnded: false, at: 3 })
    expect(page.commands).not.toContainEqual(
      expect.objectContaining({ type: 'readSession', sessionId: 's1' }),
    )
  },
)

it.each(['session-open-elsewhere', 'session-unreadable'] as const)(
  'a session that cannot be read (%s) is not replaced by a new one',
  (code) => {
    const page = createPage()
    page.feed(takeOver('after'))
    page.feed({ type: 'sessionUnreadable', sessionId: 's1', error: new VoiceAgentError(code) })
    expect(page.answers()).toEqual([['take', code]])
    expect(page.live()).toMatchObject({ job: null, call: null, session: null })
    expect(page.types()).not.toContain('createSession')
    expect(page.types()).not.toContain('getToken')
  },
)
