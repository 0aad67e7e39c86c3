import type { Message } from './message.js'
import {
  appendMessage,
  findRecent,
  insertMessage,
  lastOf,
  type MessageLog,
  updateMessage,
} from './message-log.js'

/**
 * A user turn, from the start of speech until no more of its words can arrive. Its message is in the log from the start, and is
 * removed if it gets no words. Times are milliseconds since the epoch.
 */
export interface UserTurn {
  /** Id of its message. */
  id: string
  /** The provider's own id for the turn, if it sends one. */
  turnId: string | null
  startedAt: number
  /** When the user stopped; null while the user speaks. */
  stoppedAt: number | null
  /** Id of the last message when the user stopped; null until then, or if there was none. */
  stoppedAfter: string | null
  /** False if only transcripts reveal that the user is speaking. */
  hasSpeechEvents: boolean
  /** Duration of the speech in milliseconds; null until known. */
  speechMs: number | null
  /** Text of its final transcripts; null before the first one. */
  finalText: string | null
  /** True if text shown after `finalText` may still change. */
  isInterim: boolean
  /** The agent's turn since the user stopped. */
  answer: 'none' | 'begun' | 'over'
  /** True once the turn was given up. Late words still become its message. */
  isGivenUp: boolean
}

/** The user's open turns, oldest first, and the message log. */
export interface Speech {
  log: MessageLog
  userTurns: readonly UserTurn[]
}

/** Payload of `userTranscriptReceived`. */
export interface Transcript {
  id: string
  text: string
  final: boolean
  at: number
  turnId?: string | undefined
}

/** Milliseconds after the end of a turn in which its final transcript may arrive. */
const LATEST_MS = 15_000
/** Like `LATEST_MS`, but once another turn has begun. */
const LATEST_BEFORE_NEXT_MS = 3_000
/** Number of turns that can still wait for words. By the time more turns have followed, a turn's words no longer arrive. */
const KEPT_TURNS = 4
/** Fastest speech, in characters per second. Words that don't fit a turn's duration at this speed belong to another turn. */
const FASTEST_SPEECH = 40

const isSpeaking = ({ stoppedAt }: UserTurn) => stoppedAt === null
const isTranscribed = ({ finalText, isInterim }: UserTurn) => finalText !== null || isInterim

/** True while the user is speaking. */
export const isUserSpeaking = (turns: readonly UserTurn[]) => turns.some(isSpeaking)

/** True if the user has stopped speaking, but the transcript is not complete. */
export const isTranscriptDue = (turns: readonly UserTurn[]) =>
  turns.some((turn) => !isSpeaking(turn) && !turn.isGivenUp && (turn.isInterim || turn.finalText === null))

/** Joins words with a space, unless the script doesn't use spaces. */
function join(before: string, after: string): string {
  if (before === '' || after === '') return before + after
  const isSpaced = !/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]$/u.test(before.trimEnd())
  return isSpaced ? `${before.trimEnd()} ${after.trimStart()}` : before.trimEnd() + after.trimStart()
}

const replaced = (speech: Speech, turn: UserTurn): Speech => ({
  ...speech,
  userTurns: speech.userTurns.map((other) => (other.id === turn.id ? turn : other)),
})

const withLog = (speech: Speech, log: MessageLog): Speech =>
  log === speech.log ? speech : { ...speech, log }

function removeBlank({ log }: Speech, id: string): MessageLog {
  return updateMessage(log, id, (message) => (message.text === '' ? null : message))
}

/** Inserts a message where the user stopped, because its words may arrive after the answer has begun. */
function insertAtStop(log: MessageLog, message: Message, turn: UserTurn): MessageLog {
  const { stoppedAt, stoppedAfter } = turn
  if (stoppedAt === null) return appendMessage(log, message)
  // The time alone doesn't determine the position: a busy page handles many events in one millisecond.
  return insertMessage(log, message, ({ id, createdAt }) => id !== stoppedAfter && createdAt >= stoppedAt)
}

/** Adds or updates a turn's message. */
function show(speech: Speech, turn: UserTurn, text: string, status: Message['status']): Speech {
  const { id, startedAt, speechMs } = turn
  const length = speechMs === null ? {} : { speechMs }
  const message: Message = { id, role: 'user', text, status, createdAt: startedAt, ...length }
  const { log } = speech
  const changed = findRecent(log, id)
    ? updateMessage(log, id, ({ createdAt }) => ({ ...message, createdAt }))
    : insertAtStop(log, message, turn)
  return replaced({ ...speech, log: changed }, turn)
}

/** Gives up ended turns that have no words. */
function giveUpWordless(speech: Speech): Speech {
  let changed = speech
  for (const turn of speech.userTurns) {
    if (isSpeaking(turn) || turn.isGivenUp || isTranscribed(turn)) continue
    changed = replaced(withLog(changed, removeBlank(changed, turn.id)), { ...turn, isGivenUp: true })
  }
  return changed
}

/** Ends the message of a turn that gets no more words. Text already shown stays. */
function cutOff(log: MessageLog, { id }: UserTurn): MessageLog {
  return updateMessage(log, id, (message) => {
    if (message.status !== 'streaming') return message
    return message.text === '' ? null : { ...message, status: 'interrupted' }
  })
}

function open(speech: Speech, turn: UserTurn): Speech {
  const turns = [...speech.userTurns, turn]
  const dropped = turns.slice(0, -KEPT_TURNS)
  return { log: dropped.reduce(cutOff, speech.log), userTurns: turns.slice(-KEPT_TURNS) }
}

const newTurn = (id: string, at: number, turnId: string | null): UserTurn => ({
  id,
  turnId,
  startedAt: at,
  stoppedAt: null,
  stoppedAfter: null,
  hasSpeechEvents: true,
  speechMs: null,
  finalText: null,
  isInterim: false,
  answer: 'none',
  isGivenUp: false,
})

export function startSpeech(
  speech: Speech,
  { id, at, turnId = null }: { id: string; at: number; turnId?: string | null | undefined },
): Speech {
  const current = speech.userTurns.find(isSpeaking)
  if (current)
    return replaced(speech, { ...current, turnId: current.turnId ?? turnId, hasSpeechEvents: true })
  const turn = newTurn(id, at, turnId)
  return show(open(giveUpWordless(speech), turn), turn, '', 'streaming')
}

export function stopSpeech(
  speech: Speech,
  { at, turnId }: { at: number; turnId?: string | undefined },
): Speech {
  const turn = speech.userTurns.find(
    (other) =>
      isSpeaking(other) && (turnId === undefined || other.turnId === null || other.turnId === turnId),
  )
  if (!turn) return speech
  const message = findRecent(speech.log, turn.id)
  // A turn without words belongs where the user stopped, because the agent may have begun a turn meanwhile.
  const log =
    isTranscribed(turn) || lastOf(speech.log)?.id === turn.id ? speech.log : removeBlank(speech, turn.id)
  const last = lastOf(updateMessage(log, turn.id, () => null))
  const speechMs = Math.max(0, at - turn.startedAt)
  const stopped = { ...turn, stoppedAt: at, stoppedAfter: last?.id ?? null, speechMs }
  const isComplete = isTranscribed(turn) && !turn.isInterim
  return show({ ...speech, log }, stopped, message?.text ?? '', isComplete ? 'final' : 'streaming')
}

/** True if the text can have been spoken within the turn's duration. */
const isLongEnough = ({ speechMs }: UserTurn, text: string) =>
  speechMs === null || (text.length / FASTEST_SPEECH) * 1_000 <= speechMs

/** Finds the turn that a transcript belongs to; undefined if it begins a new one. */
function turnOf({ userTurns }: Speech, { turnId, final, text, at }: Transcript): UserTurn | undefined {
  const named = turnId === undefined ? undefined : userTurns.find((turn) => turn.turnId === turnId)
  if (named) return named
  const turns = userTurns.filter((turn) => turnId === undefined || turn.turnId === null)
  const current = turns.find(isSpeaking)
  if (current && (!final || current.isInterim)) return current
  const last = turns.at(-1)
  // Providers transcribe turns in order.
  const untranscribed = turns.find((turn) => {
    if (turn.stoppedAt === null || turn.finalText !== null) return false
    if (turn === last) return at - turn.stoppedAt <= LATEST_MS
    return at - turn.stoppedAt <= LATEST_BEFORE_NEXT_MS && (turn.isInterim || isLongEnough(turn, text))
  })
  if (untranscribed ?? current) return untranscribed ?? current
  if (!last || at - (last.stoppedAt ?? at) > LATEST_MS) return undefined
  // One turn may have several final transcripts, and the last may arrive after the answer has begun. Without speech events, nothing
  // shows that two of them belong to one turn.
  return last.hasSpeechEvents && last.answer !== 'over' ? last : undefined
}

/** Keeps only letters and digits, because final transcripts differ from interim ones in capitalisation and punctuation. */
const lettersOf = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')

/**
 * Completes the last message, if it was cut off and the final transcript begins with its words. After a reload, an agent that remembers
 * the call may transcribe the turn again under another id.
 *
 * @returns null if the transcript doesn't complete the last message
 */
function completeCutOff(speech: Speech, { final, text }: Transcript): Speech | null {
  const last = lastOf(speech.log)
  if (!final || last?.role !== 'user' || last.status !== 'interrupted') return null
  const beginning = lettersOf(last.text)
  if (beginning === '' || !lettersOf(text).startsWith(beginning)) return null
  const log = updateMessage(speech.log, last.id, (message) => ({ ...message, text, status: 'final' }))
  return { ...speech, log }
}

/** Adds a transcript to its turn, or to a new one. */
export function addTranscript(speech: Speech, transcript: Transcript): Speech {
  const { id, text, final, at, turnId = null } = transcript
  // An empty interim transcript carries no information.
  if (!final && text === '') return speech
  const known = turnOf(speech, transcript)
  if (known) return transcribe(speech, known, transcript)
  // With neither words nor a duration, there is nothing to show.
  if (text === '') return speech
  const turn = { ...newTurn(id, at, turnId), hasSpeechEvents: false }
  return (
    completeCutOff(speech, transcript) ?? transcribe(open(giveUpWordless(speech), turn), turn, transcript)
  )
}

function transcribe(speech: Speech, known: UserTurn, { text, final, at }: Transcript): Speech {
  // Without speech events, a final transcript means that the user has stopped.
  const isEnd = final && known.stoppedAt === null && !known.hasSpeechEvents
  const before = known.finalText ?? ''
  const shown = findRecent(speech.log, known.id)?.text ?? ''
  // An empty final transcript doesn't remove text that was already shown.
  const isTakenBack = final && text === '' && shown !== before
  const words = isTakenBack ? shown : join(before, text)
  const turn: UserTurn = {
    ...known,
    ...(isEnd && { stoppedAt: at, stoppedAfter: lastOf(speech.log)?.id ?? null }),
    finalText: final ? words : known.finalText,
    isInterim: !final,
    isGivenUp: false,
  }
  if (!final || isSpeaking(turn)) return show(speech, turn, words, 'streaming')
  // The provider didn't transcribe the turn, and its duration is unknown.
  if (words === '' && turn.speechMs === null) {
    return replaced(withLog(speech, removeBlank(speech, turn.id)), { ...turn, isGivenUp: true })
  }
  return show(speech, turn, words, isTakenBack ? 'interrupted' : 'final')
}

/** True if the agent has not answered a transcribed turn yet. */
export const isAnswerDue = (turns: readonly UserTurn[]) =>
  turns.some(
    (turn) => turn.answer === 'none' && !isSpeaking(turn) && !turn.isGivenUp && turn.finalText !== null,
  )

/** Sets the answer of the user's ended turns that have none. */
const withAnswer = (speech: Speech, answer: UserTurn['answer']): Speech => ({
  ...speech,
  userTurns: speech.userTurns.map((turn) =>
    isSpeaking(turn) || turn.answer !== 'none' ? turn : { ...turn, answer },
  ),
})

/** Stops expecting answers to the user's ended turns. */
export const giveUpAnswers = (speech: Speech): Speech => withAnswer(speech, 'over')

/** Handles the beginning of an agent turn: gives up ended user turns without words. */
export const answerBegun = (speech: Speech): Speech => withAnswer(giveUpWordless(speech), 'begun')

/** Handles the end of an agent turn: new words now start a new user turn. Only turns without final words still wait for theirs. */
export function answerOver(speech: Speech): Speech {
  return {
    ...speech,
    userTurns: speech.userTurns
      .map((turn): UserTurn => (turn.answer === 'begun' ? { ...turn, answer: 'over' } : turn))
      .filter(({ answer, finalText, isInterim }) => answer !== 'over' || finalText === null || isInterim),
  }
}

/**
 * Stops waiting for missing words, in ended turns or in all turns. Interim text stays as an interrupted message until final text
 * arrives.
 */
export function giveUpWords(speech: Speech, turns: 'ended' | 'all'): Speech {
  let changed = giveUpWordless(speech)
  for (const turn of changed.userTurns) {
    if (turn.isGivenUp || (turns === 'ended' && isSpeaking(turn))) continue
    const { log } = changed
    const isCutOff = turn.isInterim || isSpeaking(turn)
    if (!isCutOff) continue
    const stoppedAt = turn.stoppedAt ?? turn.startedAt
    changed = replaced({ ...changed, log: cutOff(log, turn) }, { ...turn, stoppedAt, isGivenUp: true })
  }
  return changed
}
