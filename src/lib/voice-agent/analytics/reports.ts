import {
  type AgentContinuation,
  errorCodes,
  type RestoreReason,
  type StorageStatus,
  type VoiceErrorCode,
} from '../../../../store/index.js'

/** How the user started a turn; `none` if the agent did, for example with a greeting. */
export type TurnInput = 'speech' | 'text' | 'none'

/**
 * `answered`: the agent finished its answer. `interrupted`: the user or the app stopped the answer. `cut-off`: the connection ended during
 * the answer. `unanswered`: there was no answer.
 */
export type TurnOutcome = 'answered' | 'interrupted' | 'cut-off' | 'unanswered'

/** The user's words until the agent answers, and the answer. Values that were not measured are null. */
export interface TurnReport {
  kind: 'turn'
  /** Number of the turn on this page, from 1. */
  turn: number
  /** Number of the turn's connection on this page, from 1; 0 without one. */
  connection: number
  input: TurnInput
  outcome: TurnOutcome
  /** Latency at the ear in milliseconds: from the user's last voiced frame, or the typed text, to the agent's first audible frame. */
  heardMs: number | null
  /** Milliseconds from the end of the user's turn, as reported by the server, to the first report that the agent speaks. */
  firstSoundMs: number | null
  /** The same, in milliseconds up to the first report of an answer, which may be text before its audio. */
  firstWordMs: number | null
  /** Milliseconds of the user's speech, as reported by the server. */
  userSpeechMs: number
  /** Milliseconds of the agent's speech, as reported by the server. */
  agentSpeechMs: number
  /** Milliseconds from the interruption until the server reports that the agent is silent; null without an interruption. */
  silenceMs: number | null
  /** The same at the ear, in milliseconds: from the user's first voiced frame over the agent's voice to the agent's last audible frame. */
  heardSilenceMs: number | null
  /** Number of tool calls. */
  tools: number
  /** Tool calls that failed, were cancelled or declined, or whose outcome is unknown. */
  toolsFailed: number
  /** Total milliseconds of tool calls, including waits for the user's approval. */
  toolMs: number
}

/**
 * Why a connection was established. `start`: the user or the app called. `restore`: a restored session calls again. `reconnect`: the
 * previous one was lost. `replacement`: it was replaced on purpose. `unknown`: reporting started during a call.
 */
export type ConnectionCause = 'start' | 'restore' | 'reconnect' | 'replacement' | 'unknown'

/**
 * How a connection ended. `failed`: it was not established. `left`: the page was closed or the agent disposed.
 */
export type ConnectionEnd = 'closed-by-user' | 'closed-by-agent' | 'lost' | 'replaced' | 'failed' | 'left'

/** Milliseconds from the request for a connection, or the previous one's loss, to each step; null for steps not reached. */
export interface ConnectionSteps {
  /** The attempt began. */
  attemptMs: number | null
  /** The microphone was open. */
  microphoneMs: number | null
  /** The agent was ready to talk. */
  establishedMs: number | null
  /** The server reported the agent's first sound. */
  firstSoundMs: number | null
}

/** Network quality of one connection. Values that were not measured are null. */
export interface NetworkReport {
  /** Number of samples: one per second while the page is visible. */
  samples: number
  /** Estimated mean opinion score, from 1 to 4.5, by ITU-T's E-model. Uses neither the text nor the audio of the call. */
  mos: number | null
  /** Lowest score over five consecutive seconds. */
  lowestMos: number | null
  /** Share of incoming packets that were lost, from 0 to 1. */
  lossReceived: number | null
  /** Share of outgoing packets that were lost, from 0 to 1. */
  lossSent: number | null
  /** Mean round trip in milliseconds. */
  roundTripMs: number | null
  /** Longest round trip in milliseconds. */
  longestRoundTripMs: number | null
  /** Mean jitter in milliseconds. */
  jitterMs: number | null
}

/** One connection of a call, or an attempt at one. */
export interface ConnectionReport {
  kind: 'connection'
  /** Number of the connection on this page, from 1. */
  connection: number
  cause: ConnectionCause
  /** Error that ended the previous connection; null without one. */
  causeError: VoiceErrorCode | null
  steps: ConnectionSteps
  /** Memory of the agent; null if the connection was not established. */
  continuation: AgentContinuation | null
  /** Milliseconds from establishment to end; 0 if not established. */
  durationMs: number
  /** Number of interruptions, recovered without a new connection or followed by the end. */
  interruptions: number
  /** Total milliseconds of interruptions. */
  interruptedMs: number
  end: ConnectionEnd
  /** Error that ended it; null without one. */
  error: VoiceErrorCode | null
  network: NetworkReport
}

/** Outcome of a restore: after a page load, or of a conversation that the user opened. */
export interface RestoreReport {
  kind: 'restore'
  conversation: 'none' | 'restored' | 'failed'
  agent: AgentContinuation | 'none'
  reason: RestoreReason | null
  error: VoiceErrorCode | null
  /** Milliseconds from the request to the outcome, including the call's reconnect; null if the request was not seen. */
  durationMs: number | null
}

/**
 * How a visit started. `created`: with a new session. `reloaded`: this page had it open before. `restored`: from disk. `taken`: from another
 * tab. `joined`: reporting started during it, for example because the user agreed later.
 */
export type SessionStart = 'created' | 'reloaded' | 'restored' | 'taken' | 'joined'

/**
 * How a visit ended. `ended`: the session ended. `replaced`: another session was opened. `reset`: sign-out, or everything was deleted.
 * `left`: the page was closed or the agent disposed.
 */
export type SessionEnd = 'ended' | 'replaced' | 'reset' | 'left'

/** A page's visit to a session. A session that survives reloads has several visits. */
export interface SessionReport {
  kind: 'session'
  start: SessionStart
  end: SessionEnd
  /** Duration of the visit in milliseconds. */
  durationMs: number
  /** Calls that were started. */
  calls: number
  /** Established connections. */
  connections: number
  /** Scheduled reconnects. */
  reconnects: number
  turns: number
  /** Turns whose answer was interrupted. */
  interrupted: number
  /** Turns without an answer. */
  unanswered: number
  tools: number
  toolsFailed: number
  /** Typed texts. */
  texts: number
  /** Errors that the agent reported. */
  agentErrors: number
  /** Last status of the storage; null if it was not reported. */
  storage: StorageStatus | null
}

/**
 * A report. Contains only numbers, booleans, null and words from closed lists: nothing said, typed or named, no ids and no times of day.
 */
export type AnalyticsReport = TurnReport | ConnectionReport | RestoreReport | SessionReport

const continuations: readonly AgentContinuation[] = ['resumed', 'reseeded', 'fresh']
const storageStatuses: readonly StorageStatus[] = ['persistent', 'degraded', 'memory']
const conversations: readonly RestoreReport['conversation'][] = ['none', 'restored', 'failed']
const restoreReasons: readonly RestoreReason[] = [
  'no-session',
  'duplicated-tab',
  'open-in-another-tab',
  'token-unreadable',
  'token-expired',
  'token-refresh-failed',
  'session-missing',
  'session-unreadable',
  'storage-unavailable',
  'call-had-ended',
  'reconnect-not-wanted',
  'microphone-not-permitted',
  'reconnect-failed',
  'superseded',
]

/** Returns the value if it is in the list, otherwise null. A log or the agent's server may put any text there. */
const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (value: unknown): Word | null =>
    words.find((word) => word === value) ?? null

export const toContinuation = oneOf(continuations)
export const toStorageStatus = oneOf(storageStatuses)
export const toConversation = oneOf(conversations)
export const toRestoreReason = oneOf(restoreReasons)
const toErrorCode = oneOf(errorCodes)

/** Returns the code of an error in an action; null without an error. */
export function codeOf(error: unknown): VoiceErrorCode | null {
  if (typeof error !== 'object' || error === null) return null
  return toErrorCode((error as { code?: unknown }).code) ?? 'internal'
}

/** Whole milliseconds from one time to another; 0 if the clock was set back. */
export const between = (from: number, to: number): number => Math.max(0, Math.round(to - from))
