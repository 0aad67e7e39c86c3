import type { UnknownAction } from '@reduxjs/toolkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnalyticsReport, createAnalyticsFold, reportsOf } from '../../../src/analytics.js'
import { createVoiceAgentActions, errorCodes } from '../../../store/index.js'

const fold = createAnalyticsFold()
/** An agent action, `at` milliseconds after the start of the recording. */
const act = (at: number | null, name: string, payload: object = {}, meta?: object): UnknownAction => ({
  type: `voiceAgent/${name}`,
  payload: { ...payload, ...(at === null ? {} : { at: 1_000_000 + at }) },
  ...(meta ? { meta } : {}),
})

function run(actions: readonly UnknownAction[]): AnalyticsReport[] {
  let state = fold.initial
  const reports: AnalyticsReport[] = []
  for (const action of actions) {
    const folded = fold.next(state, action)
    state = folded.state
    reports.push(...folded.reports.map(({ report }) => report))
  }
  return [...reports, ...fold.finish(state).reports.map(({ report }) => report)]
}

type Kind = AnalyticsReport['kind']
const only = <K extends Kind>(kind: K, reports: readonly AnalyticsReport[]) =>
  reports.filter((report): report is Extract<AnalyticsReport, { kind: K }> => report.kind === kind)

const begin = [
  act(0, 'connectRequested'),
  act(5, 'callBegan', { isRestored: false }),
  act(100, 'microphoneChanged', { microphone: 'live' }),
  act(200, 'sessionCreated', { id: 'session-1' }),
  act(250, 'connectionAttempted', { connectionId: 'c1', attempt: 0 }),
  act(400, 'connectionEstablished', { connectionId: 'c1', agent: 'fresh' }),
]
const question = [
  act(1_000, 'userSpeechStarted', { id: 'u1' }),
  act(2_500, 'userSpeechStopped'),
  act(2_600, 'userTranscriptReceived', { text: 'Two kettles', final: true }),
]
const answer = [
  act(2_900, 'assistantTurnStarted', { turnId: 'a1' }),
  act(3_300, 'assistantSpeechStarted'),
  act(6_300, 'assistantSpeechStopped'),
  act(6_400, 'assistantTurnCompleted', { turnId: 'a1' }),
]
const end = [act(9_000, 'connectionClosed', { by: 'user' }), act(9_100, 'sessionEnded')]

describe('a turn', () => {
  it('has the times of the question and its answer', () => {
    const [turn] = only('turn', run([...begin, ...question, ...answer, ...end]))
    expect(turn).toEqual({
      kind: 'turn',
      turn: 1,
      connection: 1,
      input: 'speech',
      outcome: 'answered',
      heardMs: null,
      firstSoundMs: 800,
      firstWordMs: 400,
      userSpeechMs: 1_500,
      agentSpeechMs: 3_000,
      silenceMs: null,
      heardSilenceMs: null,
      tools: 0,
      toolsFailed: 0,
      toolMs: 0,
    })
  })

  it('continues after a pause, until the agent answers', () => {
    const more = [act(2_700, 'userSpeechStarted', { id: 'u2' }), act(2_800, 'userSpeechStopped')]
    const turns = only('turn', run([...begin, ...question, ...more, ...answer, ...end]))
    expect(turns).toMatchObject([{ userSpeechMs: 1_600, firstSoundMs: 500 }])
  })

  it('uses the latency at the ear, whichever report arrives first', () => {
    const heard = act(3_100, 'answerHeard', { voicedAt: 1_002_200, audibleAt: 1_003_100 })
    const [speech, ...rest] = answer
    for (const order of [
      [heard, ...answer],
      [speech as UnknownAction, heard, ...rest],
      [...answer.slice(0, 2), heard, ...answer.slice(2)],
    ])
      expect(only('turn', run([...begin, ...question, ...order, ...end]))).toMatchObject([{ heardMs: 900 }])
  })

  it('has no latency at the ear without a sound, or if the sound is too old', () => {
    for (const voicedAt of [null, 990_000, 1_003_200]) {
      const heard = act(3_100, 'answerHeard', { voicedAt, audibleAt: 1_003_100 })
      expect(only('turn', run([...begin, ...question, heard, ...answer, ...end]))[0]?.heardMs).toBeNull()
    }
  })

  it('counts from when the text was typed', () => {
    const text = act(2_500, 'sendTextRequested', { id: 't', text: 'Hello' })
    const heard = act(3_200, 'answerHeard', { voicedAt: null, audibleAt: 1_003_200 })
    const reports = run([...begin, text, ...answer.slice(0, 2), heard, ...answer.slice(2), ...end])
    expect(only('turn', reports)).toMatchObject([{ input: 'text', heardMs: 700, firstSoundMs: 800 }])
    expect(only('session', reports)).toMatchObject([{ texts: 1, turns: 1 }])
  })

  it('has the silence after an interruption, in any order of the reports', () => {
    const barge = act(4_000, 'userSpeechStarted', { id: 'u2' })
    const stopped = act(4_350, 'assistantSpeechStopped')
    const interrupted = act(null, 'assistantTurnInterrupted', { turnId: 'a1' })
    const silenced = act(4_700, 'agentSilenced', { voicedFrom: 1_003_800, silentAt: 1_004_300 })
    const second = [
      act(5_000, 'userSpeechStopped'),
      act(5_100, 'userTranscriptReceived', { text: 'Stop', final: true }),
      act(5_500, 'assistantSpeechStarted'),
      act(6_000, 'assistantSpeechStopped'),
    ]
    for (const order of [
      [stopped, interrupted, silenced],
      [interrupted, stopped, silenced],
    ]) {
      const reports = run([...begin, ...question, ...answer.slice(0, 2), barge, ...order, ...second, ...end])
      expect(only('turn', reports)).toMatchObject([
        { turn: 1, outcome: 'interrupted', silenceMs: 350, heardSilenceMs: 500, agentSpeechMs: 1_050 },
        { turn: 2, outcome: 'answered', silenceMs: null, firstSoundMs: 500 },
      ])
      expect(only('session', reports)).toMatchObject([{ turns: 2, interrupted: 1 }])
    }
  })

  it('is not an interruption if the agent talks over a noise, which is not a turn', () => {
    const noise = [act(4_000, 'userSpeechStarted', { id: 'u2' }), act(4_200, 'userSpeechStopped')]
    const reports = run([...begin, ...question, ...answer.slice(0, 2), ...noise, ...answer.slice(2), ...end])
    expect(only('turn', reports)).toMatchObject([{ outcome: 'answered', silenceMs: null }])
    expect(only('session', reports)).toMatchObject([{ turns: 1, unanswered: 0 }])
  })

  it('counts its tools, and those that failed', () => {
    const tools = [
      act(2_700, 'toolCallStarted', { toolCallId: 't1', name: 'a', arguments: {} }),
      act(2_700, 'toolCallStarted', { toolCallId: 't2', name: 'b', arguments: {} }),
      act(2_800, 'toolCallAnswered', { toolCallId: 't1', answer: { result: 1 } }),
      act(2_850, 'toolCallStopped', { toolCallId: 't1', cancelled: false }),
      act(2_890, 'toolCallAnswered', { toolCallId: 't2', answer: { error: 'no' } }),
    ]
    const reports = run([...begin, ...question, ...tools, ...answer, ...end])
    expect(only('turn', reports)).toMatchObject([{ tools: 2, toolsFailed: 1, toolMs: 290 }])
    expect(only('session', reports)).toMatchObject([{ tools: 2, toolsFailed: 1 }])
  })

  it('is unanswered or cut off if the connection ends before its end', () => {
    const lost = act(4_000, 'connectionLost', { connectionId: 'c1', error: { code: 'connection-lost' } })
    expect(only('turn', run([...begin, ...question, lost]))).toMatchObject([{ outcome: 'unanswered' }])
    const reports = run([...begin, ...question, ...answer.slice(0, 2), lost])
    expect(only('turn', reports)).toMatchObject([{ outcome: 'cut-off', agentSpeechMs: 700 }])
  })

  it('keeps a typed text for the next connection, which the text waits for', () => {
    const reports = run([
      ...begin,
      act(1_000, 'sendTextRequested', { id: 't', text: 'Hello' }),
      act(1_100, 'connectionLost', { connectionId: 'c1', error: { code: 'connection-lost' } }),
      act(1_200, 'connectionAttempted', { connectionId: 'c2' }),
      act(1_300, 'connectionEstablished', { connectionId: 'c2', agent: 'resumed' }),
      ...answer,
      ...end,
    ])
    expect(only('turn', reports)).toMatchObject([{ input: 'text', outcome: 'answered' }])
  })

  it('is reported when nothing was said for a while, but not while the agent speaks', () => {
    const quiet = act(8_000, 'conversationQuiet', { quietMs: 5_000 })
    let state = fold.initial
    const kinds: string[][] = []
    for (const action of [...begin, ...question, ...answer.slice(0, 2), quiet, ...answer.slice(2), quiet]) {
      const folded = fold.next(state, action)
      state = folded.state
      kinds.push(folded.reports.map(({ report }) => report.kind))
    }
    expect(kinds.flat()).toEqual(['turn'])
    expect(kinds.at(-1)).toEqual(['turn'])
  })
})

describe('a connection', () => {
  it('has its steps from the click, and how it ended', () => {
    const [connection] = only('connection', run([...begin, ...question, ...answer, ...end]))
    expect(connection).toMatchObject({
      connection: 1,
      cause: 'start',
      causeError: null,
      steps: { attemptMs: 250, microphoneMs: 100, establishedMs: 400, firstSoundMs: 3_300 },
      continuation: 'fresh',
      durationMs: 8_600,
      end: 'closed-by-user',
      error: null,
    })
  })

  it('names the error that ended the previous one, and failed attempts', () => {
    const reports = run([
      ...begin,
      act(5_000, 'connectionInterrupted', { connectionId: 'c1', error: { code: 'connection-lost' } }),
      act(6_000, 'connectionLost', { connectionId: 'c1', error: { code: 'connection-lost' } }),
      act(6_000, 'reconnectScheduled', { attempt: 1, delayMs: 500 }),
      act(6_500, 'connectionAttempted', { connectionId: 'c2', attempt: 1 }),
      act(7_000, 'reconnectScheduled', { attempt: 2, delayMs: 500 }),
      act(7_500, 'connectionAttempted', { connectionId: 'c3', attempt: 2 }),
      act(8_000, 'connectionEstablished', { connectionId: 'c3', agent: 'resumed' }),
      ...end,
    ])
    expect(only('connection', reports)).toMatchObject([
      { connection: 1, end: 'lost', error: 'connection-lost', interruptions: 1, interruptedMs: 1_000 },
      { connection: 2, end: 'failed', cause: 'reconnect', causeError: 'connection-lost', durationMs: 0 },
      { connection: 3, cause: 'reconnect', continuation: 'resumed', steps: { establishedMs: 2_000 } },
    ])
    expect(only('session', reports)).toMatchObject([{ calls: 1, connections: 2, reconnects: 2 }])
  })

  it('reports a call that failed before its first attempt', () => {
    const failed = act(300, 'connectionFailed', { error: { code: 'token-refresh-failed' } })
    expect(only('connection', run([...begin.slice(0, 2), failed]))).toMatchObject([
      { end: 'failed', error: 'token-refresh-failed', steps: { attemptMs: null } },
    ])
  })
})

describe('a session', () => {
  it('has its counts and its length', () => {
    expect(only('session', run([...begin, ...question, ...answer, ...end]))).toEqual([
      {
        kind: 'session',
        start: 'created',
        end: 'ended',
        durationMs: 8_900,
        calls: 1,
        connections: 1,
        reconnects: 0,
        turns: 1,
        interrupted: 0,
        unanswered: 0,
        tools: 0,
        toolsFailed: 0,
        texts: 0,
        agentErrors: 0,
        storage: null,
      },
    ])
  })

  it('reports a restore with its outcome, and the visit as reloaded', () => {
    const reports = run([
      act(0, 'restoreRequested', { sessionId: null }),
      act(80, 'sessionRehydrated', { id: 'session-1', isReload: true }),
      act(90, 'callBegan', { isRestored: true }),
      act(100, 'connectionAttempted', { connectionId: 'c1' }),
      act(300, 'connectionEstablished', { connectionId: 'c1', agent: 'resumed' }),
      act(310, 'restoreSettled', { conversation: 'restored', agent: 'resumed', reason: null }),
    ])
    expect(reports).toMatchObject([
      { kind: 'restore', conversation: 'restored', agent: 'resumed', reason: null, durationMs: 310 },
      { kind: 'connection', cause: 'restore', end: 'left' },
      { kind: 'session', start: 'reloaded', end: 'left', calls: 1 },
    ])
  })

  it('starts within a call if its start was not seen', () => {
    const reports = run([...question, ...answer, ...end])
    expect(reports).toMatchObject([
      { kind: 'turn', connection: 0 },
      { kind: 'session', start: 'joined', end: 'ended' },
    ])
  })
})

describe('the fold', () => {
  it('mutates no state passed to it, and ignores actions of others', () => {
    const { state } = fold.next(fold.initial, begin[0] as UnknownAction)
    expect(fold.next(state, { type: 'cart/added' }).state).toBe(state)
    expect(fold.next(state, { type: 'voiceAgentTwo/connectRequested' }).state).toBe(state)
    const copy = structuredClone(state)
    fold.next(state, begin[1] as UnknownAction)
    expect(state).toEqual(copy)
  })

  it('gives the same reports for a log in any of its forms', () => {
    const actions = [...begin, ...question, ...answer, ...end]
    const lifted = {
      actionsById: Object.fromEntries(actions.map((action, id) => [id, { action, timestamp: 5 }])),
      stagedActionIds: actions.map((_, id) => id),
    }
    const extension = JSON.stringify({ payload: JSON.stringify(actions) })
    for (const log of [actions, lifted, JSON.stringify(lifted), extension])
      expect(reportsOf(log)).toEqual(run(actions))
  })

  it("uses the log's times for actions that have none", () => {
    const actions = [...begin, ...question, ...answer].map(({ type, payload }) => ({
      type,
      payload: { ...(payload as object), at: undefined },
    }))
    const lifted = {
      actionsById: Object.fromEntries(actions.map((action, id) => [id, { action, timestamp: id * 100 }])),
      stagedActionIds: actions.map((_, id) => id),
    }
    expect(only('turn', reportsOf(lifted))).toMatchObject([{ userSpeechMs: 100, agentSpeechMs: 100 }])
  })

  it('rejects an invalid log, without quoting it', () => {
    expect(() => reportsOf('a canary')).toThrow(/can't be replayed: it is not JSON/)
  })
})

/** Words that may appear in a report. */
const words = new Set<unknown>([
  ...errorCodes,
  ...[
    'turn',
    'connection',
    'restore',
    'session',
    'speech',
    'text',
    'none',
    'answered',
    'interrupted',
    'cut-off',
  ],
  ...[
    'unanswered',
    'start',
    'reconnect',
    'replacement',
    'unknown',
    'closed-by-user',
    'closed-by-agent',
    'lost',
  ],
  ...[
    'replaced',
    'failed',
    'left',
    'resumed',
    'reseeded',
    'fresh',
    'restored',
    'created',
    'reloaded',
    'taken',
  ],
  ...['joined', 'ended', 'reset', 'persistent', 'degraded', 'memory', 'no-session', 'duplicated-tab'],
  ...[
    'open-in-another-tab',
    'token-unreadable',
    'token-refresh-failed',
    'call-had-ended',
    'reconnect-not-wanted',
  ],
  ...['microphone-not-permitted', 'reconnect-failed', 'superseded'],
])

function leavesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value]
}

const names = [...Object.keys(createVoiceAgentActions('voiceAgent')), 'answerHeard', 'agentSilenced', 'other']
const fields = [
  'id',
  'at',
  'turnId',
  'toolCallId',
  'name',
  'arguments',
  'text',
  'delta',
  'final',
  'error',
  'agent',
  'by',
]
const moreFields = [
  'reason',
  'conversation',
  'storage',
  'sample',
  'answer',
  'microphone',
  'isRestored',
  'cancelled',
  'title',
]
const heardFields = [
  'voicedAt',
  'audibleAt',
  'voicedFrom',
  'silentAt',
  'sessionId',
  'data',
  'token',
  'sessionIds',
]
const canary = fc.integer({ min: 1, max: 99 }).map((number) => `canary-${number}`)
const value = fc.oneof(
  canary,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  canary.map((code) => ({ code, message: code, error: code, roundTripMs: code })),
  fc.record({ roundTripMs: fc.double(), jitterMs: fc.double(), lossReceived: fc.double(), lossSent: canary }),
)
const payload = fc.oneof(
  value,
  fc.dictionary(fc.constantFrom(...fields, ...moreFields, ...heardFields), value, { maxKeys: 6 }),
)
const actions = fc.array(
  fc
    .tuple(fc.constantFrom(...names), payload, fc.option(fc.record({ at: value })))
    .map(([name, payload, meta]) => ({
      type: `voiceAgent/${name}`,
      payload,
      meta,
    })),
  { maxLength: 60 },
)

it('has no text from any action in any report, whatever the actions contain', () => {
  fc.assert(
    fc.property(actions, (list) => {
      const reports = run(list)
      expect(JSON.stringify(reports)).not.toContain('canary')
      for (const leaf of reports.flatMap(leavesOf))
        if (typeof leaf === 'string') expect(words).toContain(leaf)
        else if (typeof leaf === 'number') expect(Number.isFinite(leaf)).toBe(true)
        else expect([null, true, false]).toContain(leaf)
    }),
    {
      numRuns: 2_000,
      examples: [
        // The difference of these times is infinite.
        [
          [
            { type: 'voiceAgent/connectRequested', payload: {}, meta: { at: -2.9e293 } },
            { type: 'voiceAgent/connectionRecovered', payload: false, meta: null },
            { type: 'voiceAgent/connectRequested', payload: {}, meta: { at: Number.MAX_VALUE } },
          ],
        ],
      ],
    },
  )
})
