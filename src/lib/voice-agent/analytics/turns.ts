import { between, type TurnInput, type TurnOutcome, type TurnReport } from './reports.js'

/** Milliseconds by which the first voiced frame may precede the server's report of speech: servers wait until they are sure. */
const DETECTION_MS = 3_000

interface Turn {
  number: number
  connection: number
  input: TurnInput
  startedAt: number
  /** When the user started speaking; null while the user is silent. */
  speakingSince: number | null
  hasSpeechEvents: boolean
  hasWords: boolean
  /** True if the user also typed: the text waits for a connection. */
  hasText: boolean
  userSpeechMs: number
  /** When the user stopped speaking or sent the text; null before that. */
  endedAt: number | null
  firstWordMs: number | null
  firstSoundMs: number | null
  heardMs: number | null
  agentSpeechMs: number
  /** Ids of the agent's open turns. They stay inside the fold. */
  agentTurns: string[]
  isInterrupted: boolean
  /** When the user started speaking over the agent, or stopped it. */
  bargedInAt: number | null
  silenceMs: number | null
  heardSilenceMs: number | null
  tools: number
  toolsFailed: number
  toolMs: number
}

/** Open turns of a visit. */
export interface Turns {
  count: number
  /** The user's turn without an answer so far. */
  asking: Turn | null
  /** The turn whose answer has begun. */
  answering: Turn | null
  /** When the agent started speaking; null while it is silent. */
  agentSince: number | null
  /** Start times of open tool calls, by id. */
  openTools: Record<string, number>
}

export const createTurns = (): Turns => ({
  count: 0,
  asking: null,
  answering: null,
  agentSince: null,
  openTools: {},
})

/** Called with each turn once it is over. */
export type OnTurn = (report: TurnReport) => void

function open(turns: Turns, input: TurnInput, connection: number, at: number): Turn {
  return {
    number: ++turns.count,
    connection,
    input,
    startedAt: at,
    speakingSince: null,
    hasSpeechEvents: false,
    hasWords: false,
    hasText: false,
    userSpeechMs: 0,
    endedAt: null,
    firstWordMs: null,
    firstSoundMs: null,
    heardMs: null,
    agentSpeechMs: 0,
    agentTurns: [],
    isInterrupted: false,
    bargedInAt: null,
    silenceMs: null,
    heardSilenceMs: null,
    tools: 0,
    toolsFailed: 0,
    toolMs: 0,
  }
}

function toReport(turn: Turn, outcome: TurnOutcome): TurnReport {
  const { isInterrupted, silenceMs, heardSilenceMs } = turn
  return {
    kind: 'turn',
    turn: turn.number,
    connection: turn.connection,
    input: turn.input,
    outcome,
    heardMs: turn.heardMs,
    firstSoundMs: turn.firstSoundMs,
    firstWordMs: turn.firstWordMs,
    userSpeechMs: turn.userSpeechMs,
    agentSpeechMs: turn.agentSpeechMs,
    // Noise over an answer that continues is not an interruption.
    silenceMs: isInterrupted ? silenceMs : null,
    heardSilenceMs: isInterrupted ? heardSilenceMs : null,
    tools: turn.tools,
    toolsFailed: turn.toolsFailed,
    toolMs: turn.toolMs,
  }
}

function closeAnswer(turns: Turns, onTurn: OnTurn, isCutOff = false): void {
  const turn = turns.answering
  turns.answering = null
  if (!turn) return
  const outcome = turn.isInterrupted ? 'interrupted' : isCutOff ? 'cut-off' : 'answered'
  onTurn(toReport(turn, outcome))
}

function endSpeech(turn: Turn, at: number): void {
  if (turn.speakingSince === null) return
  turn.userSpeechMs += between(turn.speakingSince, at)
  turn.speakingSince = null
  turn.endedAt = at
}

/** Returns the turn that the agent now answers, and reports the previous one. */
function beginAnswer(turns: Turns, connection: number, at: number, onTurn: OnTurn): Turn {
  const { asking } = turns
  // While the user speaks, the agent continues the previous answer or talks over the user.
  const isAsked = asking && (asking.speakingSince === null || !turns.answering)
  if (isAsked) {
    closeAnswer(turns, onTurn)
    turns.answering = asking
    turns.asking = null
  }
  turns.answering ??= open(turns, 'none', connection, at)
  return turns.answering
}

/** The turn that the user speaks in. */
const spoken = ({ asking, answering }: Turns) =>
  asking ?? (answering && answering.speakingSince !== null ? answering : null)

export function onUserSpeechStarted(turns: Turns, connection: number, at: number): void {
  const current = spoken(turns)
  if (current && current.speakingSince !== null) return
  turns.asking ??= open(turns, 'speech', connection, at)
  const { asking, answering } = turns
  asking.speakingSince = at
  asking.hasSpeechEvents = true
  // Words after a pause belong to the same turn, whose latency is measured from their end.
  asking.heardMs = null
  if (answering && turns.agentSince !== null) answering.bargedInAt = at
}

export function onUserSpeechStopped(turns: Turns, at: number): void {
  const current = spoken(turns)
  if (current) endSpeech(current, at)
}

/** Records only that there are words, because some transports report no speech. */
export function onTranscript(turns: Turns, connection: number, isFinal: boolean, at: number): void {
  const { answering } = turns
  // A turn's words may arrive after the answer has started.
  const isLate = !turns.asking && answering?.input === 'speech' && answering.hasSpeechEvents
  if (!isLate) turns.asking ??= open(turns, 'speech', connection, at)
  const turn = isLate ? answering : turns.asking
  if (!turn) return
  turn.hasWords = true
  if (isFinal && !turn.hasSpeechEvents) turn.endedAt = at
}

export function onText(turns: Turns, connection: number, at: number): void {
  turns.asking ??= open(turns, 'text', connection, at)
  turns.asking.hasWords = turns.asking.hasText = true
  if (turns.asking.speakingSince === null) turns.asking.endedAt = at
}

/** Drops the turn of a typed text that the transport refused. */
export function onTextRefused(turns: Turns): void {
  if (turns.asking?.input !== 'text') return
  turns.asking = null
  turns.count--
}

export function onAgentTurnStarted(
  turns: Turns,
  connection: number,
  turnId: unknown,
  at: number,
  onTurn: OnTurn,
): void {
  const turn = beginAnswer(turns, connection, at, onTurn)
  if (typeof turnId === 'string') turn.agentTurns.push(turnId)
  if (turn.endedAt !== null) turn.firstWordMs ??= between(turn.endedAt, at)
}

export function onAgentTurnEnded(turns: Turns, turnId: unknown, isInterrupted: boolean): void {
  const { answering } = turns
  if (!answering) return
  const place = answering.agentTurns.indexOf(String(turnId))
  // An interruption before an answer's first word has its own id; any other unknown id belongs to an earlier answer.
  if (place < 0 && answering.agentTurns.length > 0) return
  if (place >= 0) answering.agentTurns.splice(place, 1)
  if (isInterrupted) answering.isInterrupted = true
}

export function onAgentSpeechStarted(turns: Turns, connection: number, at: number, onTurn: OnTurn): void {
  const turn = beginAnswer(turns, connection, at, onTurn)
  turns.agentSince ??= at
  if (turn.endedAt === null) return
  turn.firstSoundMs ??= between(turn.endedAt, at)
  turn.firstWordMs ??= turn.firstSoundMs
}

export function onAgentSpeechStopped(turns: Turns, at: number): void {
  const { answering, agentSince } = turns
  turns.agentSince = null
  if (!answering || agentSince === null) return
  answering.agentSpeechMs += between(agentSince, at)
  if (answering.bargedInAt !== null) answering.silenceMs = between(answering.bargedInAt, at)
}

/** Called when the user or the app stopped the agent without speaking. */
export function onStopped(turns: Turns, at: number): void {
  if (turns.answering && turns.agentSince !== null) turns.answering.bargedInAt ??= at
}

/**
 * Called when the agent becomes audible.
 *
 * @param voicedAt The microphone's last voiced frame before that; null if there was none.
 */
export function onAnswerHeard(turns: Turns, voicedAt: number | null, audibleAt: number): void {
  const { asking, answering } = turns
  // The audio may arrive before or after the report that the agent speaks.
  const turn = asking && (asking.speakingSince === null || !answering) ? asking : answering
  if (!turn || turn.heardMs !== null || turn.input === 'none') return
  if (turn.input === 'text') {
    if (turn.endedAt !== null) turn.heardMs = between(turn.endedAt, audibleAt)
    return
  }
  const isOfTurn = voicedAt !== null && voicedAt >= turn.startedAt - DETECTION_MS && voicedAt <= audibleAt
  if (isOfTurn) turn.heardMs = between(voicedAt, audibleAt)
}

/**
 * Called when the agent falls silent while the user speaks.
 *
 * @param voicedFrom The user's first voiced frame over the agent's voice.
 */
export function onAgentSilenced(turns: Turns, voicedFrom: number, silentAt: number): void {
  if (turns.answering) turns.answering.heardSilenceMs = between(voicedFrom, silentAt)
}

export function onToolStarted(turns: Turns, connection: number, toolCallId: string, at: number): void {
  if (Object.hasOwn(turns.openTools, toolCallId)) return
  turns.openTools[toolCallId] = at
  const { asking } = turns
  const isAsked = asking && (asking.speakingSince === null || !turns.answering)
  if (!isAsked) turns.answering ??= open(turns, 'none', connection, at)
  const turn = isAsked ? asking : turns.answering
  if (turn) turn.tools++
}

/** Called when a tool call was answered, stopped or abandoned. */
export function onToolEnded(turns: Turns, toolCallId: string, isFailed: boolean, at: number): void {
  const startedAt = Object.hasOwn(turns.openTools, toolCallId) ? turns.openTools[toolCallId] : undefined
  if (startedAt === undefined) return
  delete turns.openTools[toolCallId]
  // The answer may start before or after the tool is done.
  const turn = turns.answering ?? turns.asking
  if (!turn) return
  turn.toolMs += between(startedAt, at)
  if (isFailed) turn.toolsFailed++
}

/** Called when nothing was said or sent for a while: an answer that the agent has ended is complete. */
export function onQuiet(turns: Turns, onTurn: OnTurn): void {
  const { answering, agentSince, openTools } = turns
  if (!answering || agentSince !== null || Object.keys(openTools).length > 0) return
  if (answering.agentTurns.length === 0) closeAnswer(turns, onTurn)
}

/**
 * Called when the connection or the reporting ends.
 *
 * @param isOver False if another connection follows, over which the agent receives typed texts. @default true
 */
export function endTurns(turns: Turns, at: number, onTurn: OnTurn, isOver = true): void {
  const { asking, answering, agentSince } = turns
  const isTalking = agentSince !== null || (answering !== null && answering.agentTurns.length > 0)
  // If no action reported its end, speech ends with the connection.
  if (agentSince !== null) onAgentSpeechStopped(turns, at)
  if (answering) endSpeech(answering, at)
  closeAnswer(turns, onTurn, isTalking)
  turns.openTools = {}
  if (!asking || (asking.hasText && !isOver)) return
  turns.asking = null
  endSpeech(asking, at)
  // Noise is not a turn.
  if (asking.hasWords || asking.tools > 0) onTurn(toReport(asking, 'unanswered'))
  else turns.count--
}
