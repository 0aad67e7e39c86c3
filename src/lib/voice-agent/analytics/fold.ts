import { createNextState, type UnknownAction } from '@reduxjs/toolkit'
import { isActionOf, nameOf, type StorageStatus, type VoiceAgentActions } from '../../../../store/index.js'
import * as connected from './connections.js'
import {
  type AnalyticsReport,
  between,
  type ConnectionReport,
  codeOf,
  type SessionEnd,
  type SessionReport,
  type SessionStart,
  type TurnReport,
  toContinuation,
  toConversation,
  toRestoreReason,
  toStorageStatus,
} from './reports.js'
import * as spoken from './turns.js'

type Counts = Omit<SessionReport, 'kind' | 'start' | 'end' | 'durationMs' | 'storage'>

interface Visit {
  start: SessionStart
  startedAt: number
}

/**
 * State of the fold: plain data, whose size does not grow with the conversation. Its other fields may change in any version. It contains
 * ids, so keep it in the page.
 */
export interface AnalyticsState {
  /** Id of the open session; null without one. Not part of any report. */
  readonly sessionId: string | null
}

/** All fields of the state. */
interface FoldState {
  sessionId: string | null
  /** Time of the last action, in milliseconds since the epoch. */
  now: number
  restoreRequestedAt: number | null
  storage: StorageStatus | null
  visit: Visit | null
  /** Counts of the visit. A first call begins before its session. */
  counts: Counts
  turns: spoken.Turns
  connections: connected.Connections
}

/** A report, with the id of its session. */
export interface Folded {
  sessionId: string | null
  report: AnalyticsReport
}

/** A pure fold of an agent's actions. */
export interface AnalyticsFold {
  readonly initial: AnalyticsState
  /**
   * Applies an action. Ignores actions of other reducers.
   *
   * @param loggedAt Time of the action in the log, in milliseconds since the epoch, for an action without a time.
   *   @default the time of the previous action
   */
  next(
    state: AnalyticsState,
    action: UnknownAction,
    loggedAt?: number | null,
  ): { state: AnalyticsState; reports: readonly Folded[] }
  /**
   * Reports everything that is still open.
   *
   * @param at Milliseconds since the epoch. @default the time of the last action
   */
  finish(state: AnalyticsState, at?: number): { state: AnalyticsState; reports: readonly Folded[] }
}

/** Names of the actions that `voiceAnalytics` dispatches to log the times at the ear. */
export const heardActions = { answerHeard: 'answerHeard', agentSilenced: 'agentSilenced' } as const

const noCounts: Counts = {
  calls: 0,
  connections: 0,
  reconnects: 0,
  turns: 0,
  interrupted: 0,
  unanswered: 0,
  tools: 0,
  toolsFailed: 0,
  texts: 0,
  agentErrors: 0,
}

const initial: FoldState = {
  sessionId: null,
  now: 0,
  restoreRequestedAt: null,
  storage: null,
  visit: null,
  counts: noCounts,
  turns: spoken.createTurns(),
  connections: connected.createConnections(),
}

/** The latest time of a `Date` (ECMA-262, 21.4.1.1). Differences of larger numbers may be infinite. */
const LAST_TIME = 8.64e15
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= LAST_TIME
const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** Returns the time of an action: its own, or the log's. */
function timeOf({ payload, meta }: UnknownAction, loggedAt: number | null, before: number): number {
  const times = [fieldsOf(payload).at, fieldsOf(meta).at, loggedAt]
  return times.find(isTime) ?? before
}

/** An action in the form that handlers read. */
interface Step {
  payload: Record<string, unknown>
  at: number
  report(report: AnalyticsReport): void
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null)

function reportTurn({ counts }: FoldState, { report }: Pick<Step, 'report'>) {
  return (turn: TurnReport) => {
    counts.turns++
    if (turn.outcome === 'interrupted') counts.interrupted++
    if (turn.outcome === 'unanswered') counts.unanswered++
    counts.tools += turn.tools
    counts.toolsFailed += turn.toolsFailed
    report(turn)
  }
}

function beginVisit(draft: FoldState, id: unknown, start: SessionStart, event: Step): void {
  const sessionId = textOf(id)
  if (draft.visit && sessionId === draft.sessionId) return
  endVisit(draft, 'replaced', event)
  draft.sessionId = sessionId
  draft.visit = { start, startedAt: event.at }
}

function endVisit(draft: FoldState, end: SessionEnd, { at, report }: Step): void {
  const { visit, storage, counts } = draft
  if (!visit) return
  spoken.endTurns(draft.turns, at, reportTurn(draft, { report }))
  report({
    kind: 'session',
    start: visit.start,
    end,
    durationMs: between(visit.startedAt, at),
    ...counts,
    storage,
  })
  draft.visit = null
  draft.counts = { ...noCounts }
  draft.sessionId = null
}

/** Ends a connection and its turns. */
function endConnection(
  draft: FoldState,
  event: Step,
  end: (onConnection: (report: ConnectionReport) => void) => void,
  isCallOver = true,
): void {
  spoken.endTurns(draft.turns, event.at, reportTurn(draft, event), isCallOver)
  end(event.report)
}

const numberOf = ({ connections }: FoldState) => connections.current?.number ?? 0

type Handler = (draft: FoldState, event: Step) => void
type Name = keyof VoiceAgentActions | keyof typeof heardActions

/** Creates a handler for actions with a tool call id. */
const withTool =
  (handle: (draft: FoldState, toolCallId: string, event: Step) => void): Handler =>
  (draft, event) => {
    const id = textOf(event.payload.toolCallId)
    if (id !== null) handle(draft, id, event)
  }

const handlers: { readonly [Action in Name]?: Handler } = {
  // The session
  restoreRequested(draft, { at }) {
    draft.restoreRequestedAt = at
  },
  restoreSettled(draft, { payload, at, report }) {
    const since = draft.restoreRequestedAt
    draft.restoreRequestedAt = null
    report({
      kind: 'restore',
      conversation: toConversation(payload.conversation) ?? 'failed',
      agent: toContinuation(payload.agent) ?? 'none',
      reason: toRestoreReason(payload.reason),
      error: codeOf(payload.error),
      durationMs: since === null ? null : between(since, at),
    })
  },
  sessionCreated: (draft, event) => beginVisit(draft, event.payload.id, 'created', event),
  sessionRehydrated(draft, event) {
    const { id, isReload, isTaken } = event.payload
    beginVisit(draft, id, isTaken ? 'taken' : isReload ? 'reloaded' : 'restored', event)
  },
  sessionEnded: (draft, event) => endVisit(draft, 'ended', event),
  sessionDiscarded: (draft, event) => endVisit(draft, 'reset', event),
  agentReset: (draft, event) => endVisit(draft, 'reset', event),
  storageStatusChanged(draft, { payload }) {
    draft.storage = toStorageStatus(payload.storage)
  },
  agentErrorReported({ counts }) {
    counts.agentErrors++
  },

  // The connection
  connectRequested: ({ connections }, { at }) => connected.onCallRequested(connections, at),
  callBegan(draft, { payload, at }) {
    connected.onCallBegan(draft.connections, payload.isRestored === true, at)
    draft.counts.calls++
  },
  connectionAttempted: ({ connections }, { at, report }) => connected.onAttempted(connections, at, report),
  connectionEstablished(draft, { payload, at }) {
    connected.onEstablished(draft.connections, toContinuation(payload.agent), at)
    draft.counts.connections++
  },
  connectionInterrupted: ({ connections }, { at }) => connected.onInterrupted(connections, at),
  connectionRecovered: ({ connections }, { at }) => connected.onRecovered(connections, at),
  reconnectScheduled(draft, { at, report }) {
    connected.onReconnectScheduled(draft.connections, at, report)
    draft.counts.reconnects++
  },
  connectionLost: (draft, event) =>
    endConnection(
      draft,
      event,
      (onConnection) =>
        connected.onLost(draft.connections, 'lost', codeOf(event.payload.error), event.at, onConnection),
      false,
    ),
  connectionReplaced: (draft, event) =>
    endConnection(
      draft,
      event,
      (onConnection) => connected.onLost(draft.connections, 'replaced', null, event.at, onConnection),
      false,
    ),
  connectionFailed: (draft, event) =>
    endConnection(draft, event, (onConnection) =>
      connected.endCall(draft.connections, 'failed', codeOf(event.payload.error), event.at, onConnection),
    ),
  connectionClosed: (draft, event) =>
    endConnection(draft, event, (onConnection) => {
      const end = event.payload.by === 'agent' ? 'closed-by-agent' : 'closed-by-user'
      connected.endCall(draft.connections, end, null, event.at, onConnection)
    }),
  microphoneChanged({ connections }, { payload, at }) {
    if (payload.microphone === 'live' || payload.microphone === 'muted')
      connected.onMicrophoneOpened(connections, at)
  },
  networkSampled: ({ connections }, { payload }) => connected.onSample(connections, fieldsOf(payload.sample)),

  // The conversation
  userSpeechStarted: (draft, { at }) => spoken.onUserSpeechStarted(draft.turns, numberOf(draft), at),
  userSpeechStopped: ({ turns }, { at }) => spoken.onUserSpeechStopped(turns, at),
  userTranscriptReceived(draft, { payload, at }) {
    const hasWords = textOf(payload.text)?.trim()
    if (hasWords) spoken.onTranscript(draft.turns, numberOf(draft), payload.final === true, at)
  },
  sendTextRequested(draft, { at }) {
    spoken.onText(draft.turns, numberOf(draft), at)
    draft.counts.texts++
  },
  textRefused(draft) {
    spoken.onTextRefused(draft.turns)
    draft.counts.texts--
  },
  assistantTurnStarted: (draft, event) =>
    spoken.onAgentTurnStarted(
      draft.turns,
      numberOf(draft),
      event.payload.turnId,
      event.at,
      reportTurn(draft, event),
    ),
  assistantTurnCompleted: ({ turns }, { payload }) => spoken.onAgentTurnEnded(turns, payload.turnId, false),
  assistantTurnInterrupted: ({ turns }, { payload }) => spoken.onAgentTurnEnded(turns, payload.turnId, true),
  assistantSpeechStarted(draft, event) {
    spoken.onAgentSpeechStarted(draft.turns, numberOf(draft), event.at, reportTurn(draft, event))
    connected.onFirstSound(draft.connections, event.at)
  },
  assistantSpeechStopped: ({ turns }, { at }) => spoken.onAgentSpeechStopped(turns, at),
  interruptRequested: ({ turns }, { at }) => spoken.onStopped(turns, at),
  startTalkingRequested: ({ turns }, { at }) => spoken.onStopped(turns, at),
  conversationQuiet: (draft, event) => spoken.onQuiet(draft.turns, reportTurn(draft, event)),
  toolCallStarted: withTool((draft, id, { at }) =>
    spoken.onToolStarted(draft.turns, numberOf(draft), id, at),
  ),
  toolCallAnswered: withTool(({ turns }, id, { payload, at }) =>
    spoken.onToolEnded(turns, id, 'error' in fieldsOf(payload.answer), at),
  ),
  toolCallStopped: withTool(({ turns }, id, { payload, at }) =>
    spoken.onToolEnded(turns, id, payload.cancelled === true || payload.failed === true, at),
  ),
  toolOutcomeUnknown: withTool(({ turns }, id, { at }) => spoken.onToolEnded(turns, id, true, at)),

  // Times at the ear
  answerHeard({ turns }, { payload }) {
    const { voicedAt, audibleAt } = payload
    if (isTime(audibleAt)) spoken.onAnswerHeard(turns, isTime(voicedAt) ? voicedAt : null, audibleAt)
  },
  agentSilenced({ turns }, { payload }) {
    const { voicedFrom, silentAt } = payload
    if (isTime(voicedFrom) && isTime(silentAt)) spoken.onAgentSilenced(turns, voicedFrom, silentAt)
  },
}

/** Actions that start a visit as `joined`, because its beginning was not seen. */
const joins: readonly string[] = [
  'connectionEstablished',
  'connectionRecovered',
  'networkSampled',
  'userSpeechStarted',
  'assistantTurnStarted',
  'assistantSpeechStarted',
] satisfies Name[]

/**
 * Folds the actions of one agent into reports. It is pure: it reads no clock, keeps nothing outside its state, and sends nothing. Reports
 * contain no text from the actions, only numbers and words from closed lists.
 *
 * @param options The agent's options.
 * @param options.reducerPath Path under which the agent is mounted. @default 'voiceAgent'
 * @example
 * const fold = createAnalyticsFold()
 * let { state, reports } = fold.next(fold.initial, action)
 */
export function createAnalyticsFold({
  reducerPath = 'voiceAgent',
}: {
  reducerPath?: string
} = {}): AnalyticsFold {
  const isOwn = isActionOf(reducerPath)
  return {
    initial,
    next(given, action, loggedAt = null) {
      const state = given as FoldState
      if (!isOwn(action)) return { state, reports: [] }
      const at = timeOf(action, loggedAt, state.now)
      const name = nameOf(reducerPath, action)
      const handle = Object.hasOwn(handlers, name) ? handlers[name as Name] : undefined
      if (!handle) return { state: at === state.now ? state : { ...state, now: at }, reports: [] }
      const reports: AnalyticsReport[] = []
      const event: Step = { payload: fieldsOf(action.payload), at, report: (report) => reports.push(report) }
      const next = createNextState(state, (draft) => {
        draft.now = at
        if (!draft.visit && joins.includes(name)) beginVisit(draft, draft.sessionId, 'joined', event)
        handle(draft, event)
      })
      // A restore report belongs to the session that it opens; all other reports, to a session that is over.
      const idOf = ({ kind }: AnalyticsReport) =>
        kind === 'restore' ? next.sessionId : (state.sessionId ?? next.sessionId)
      return { state: next, reports: reports.map((report) => ({ sessionId: idOf(report), report })) }
    },
    finish(given, finishedAt) {
      const state = given as FoldState
      const at = finishedAt ?? state.now
      const reports: AnalyticsReport[] = []
      const event: Step = { payload: {}, at, report: (report) => reports.push(report) }
      createNextState(state, (draft) => {
        spoken.endTurns(draft.turns, at, reportTurn(draft, event))
        connected.endCall(draft.connections, 'left', null, at, event.report)
        endVisit(draft, 'left', event)
      })
      const { sessionId } = state
      return { state: initial, reports: reports.map((report) => ({ sessionId, report })) }
    },
  }
}
