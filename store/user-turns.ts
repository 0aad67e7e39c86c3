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
 * A turn of the user, from the start of speech until no more words of it can come. Its message is in the log from the start, and is
 * taken out if it gets no words.
 */
export interface UserTurn {
  /** Id of its message. */
  id: string
  /** The provider's own id of the turn, if it gives one. */
  turnId: string | null
  startedAt: number
  /** When the user stopped; null while the user speaks. */
  stoppedAt: number | null
  /** Id of the last message when the user stopped; null before, and if there was none. */
  stoppedAfter: string | null
  /** False if only a transcript says that the user speaks. */
  hasSpeechEvents: boolean
  /** Length of the speech in milliseconds; null until it is known. */
  speechMs: number | null
  /** Words of its final transcripts; null before the first one. */
  finalText: string | null
  /** True if the words shown after `finalText` may still change. */
  isInterim: boolean
  /** The agent's turn since the user stopped. */
  answer: 'none' | 'begun' | 'over'
  /** True if it was given up: it shows nothing, but words that come late still become its message. */
  isSettled: boolean
}

/** The open turns of the user, oldest first, and the messages. */
export interface Speech {
  log: MessageLog
  userTurns: readonly UserTurn[]
}

/** A transcript of the user's speech, as the action has it. */
export interface Transcript {
  id: string
  text: string
  final: boolean
  at: number
  turnId?: string | undefined
}

/** Milliseconds after the end of a turn in which its final transcript may come. */
const latest = 15_000
/** The same, if another turn has begun in the meantime. */
const latestBeforeNext = 3_000
/** Turns that are kept: a turn without words is followed by few others before its own may come. */
const keptTurns = 4
/** The fastest speech, in characters per second: words that come for a shorter turn belong to another one. */
const fastestSpeech = 40

const isSpeaking = ({ stoppedAt }: UserTurn) => stoppedAt === null
const isTranscribed = ({ finalText, isInterim }: UserTurn) => finalText !== null || isInterim

/** True while the user is heard. */
export const isUserSpeaking = (turns: readonly UserTurn[]) => turns.some(isSpeaking)

/** True if the user has stopped, and the words are not complete. */
export const isTranscriptDue = (turns: readonly UserTurn[]) =>
  turns.some((turn) => !isSpeaking(turn) && !turn.isSettled && (turn.isInterim || turn.finalText === null))

/** Joins words with a space, where the script has spaces. */
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

/** Inserts a message at the place where the user stopped, because its words may come after the answer has begun. */
function insertAtStop(log: MessageLog, message: Message, turn: UserTurn): MessageLog {
  const { stoppedAt, stoppedAfter } = turn
  if (stoppedAt === null) return appendMessage(log, message)
  // The time alone does not define the place: a busy page handles many events in one millisecond.
  return insertMessage(log, message, ({ id, createdAt }) => id !== stoppedAfter && createdAt >= stoppedAt)
}

/** Shows a turn: adds or changes its message. */
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

/** Gives up turns that the user has ended without a word. */
function settleWordless(speech: Speech): Speech {
  let settled = speech
  for (const turn of speech.userTurns) {
    if (isSpeaking(turn) || turn.isSettled || isTranscribed(turn)) continue
    settled = replaced(withLog(settled, removeBlank(settled, turn.id)), { ...turn, isSettled: true })
  }
  return settled
}

/** Ends the message of a turn whose words are given up: what was shown of it stays. */
function cutOff(log: MessageLog, { id }: UserTurn): MessageLog {
  return updateMessage(log, id, (message) => {
    if (message.status !== 'streaming') return message
    return message.text === '' ? null : { ...message, status: 'interrupted' }
  })
}

function open(speech: Speech, turn: UserTurn): Speech {
  const turns = [...speech.userTurns, turn]
  const dropped = turns.slice(0, -keptTurns)
  return { log: dropped.reduce(cutOff, speech.log), userTurns: turns.slice(-keptTurns) }
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
  isSettled: false,
})

export function startSpeech(
  speech: Speech,
  { id, at, turnId = null }: { id: string; at: number; turnId?: string | null | undefined },
): Speech {
  const current = speech.userTurns.find(isSpeaking)
  if (current)
    return replaced(speech, { ...current, turnId: current.turnId ?? turnId, hasSpeechEvents: true })
  const turn = newTurn(id, at, turnId)
  return show(open(settleWordless(speech), turn), turn, '', 'streaming')
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
  // Without a word yet, its place is where the user stopped: the agent may have begun a turn meanwhile.
  const log =
    isTranscribed(turn) || lastOf(speech.log)?.id === turn.id ? speech.log : removeBlank(speech, turn.id)
  const last = lastOf(updateMessage(log, turn.id, () => null))
  const speechMs = Math.max(0, at - turn.startedAt)
  const stopped = { ...turn, stoppedAt: at, stoppedAfter: last?.id ?? null, speechMs }
  const isComplete = isTranscribed(turn) && !turn.isInterim
  return show({ ...speech, log }, stopped, message?.text ?? '', isComplete ? 'final' : 'streaming')
}

/** True if so many words can have been said in that turn. */
const isLongEnough = ({ speechMs }: UserTurn, text: string) =>
  speechMs === null || (text.length / fastestSpeech) * 1_000 <= speechMs

/** Finds the turn that a transcript belongs to; undefined if it begins another one. */
function turnOf({ userTurns }: Speech, { turnId, final, text, at }: Transcript): UserTurn | undefined {
  const named = turnId === undefined ? undefined : userTurns.find((turn) => turn.turnId === turnId)
  if (named) return named
  const turns = userTurns.filter((turn) => turnId === undefined || turn.turnId === null)
  const current = turns.find(isSpeaking)
  if (current && (!final || current.isInterim)) return current
  const last = turns.at(-1)
  // Providers transcribe turns in their order.
  const untranscribed = turns.find((turn) => {
    if (turn.stoppedAt === null || turn.finalText !== null) return false
    if (turn === last) return at - turn.stoppedAt <= latest
    return at - turn.stoppedAt <= latestBeforeNext && (turn.isInterim || isLongEnough(turn, text))
  })
  if (untranscribed ?? current) return untranscribed ?? current
  if (!last || at - (last.stoppedAt ?? at) > latest) return undefined
  // One turn may have several final transcripts, and the last of them may come after the answer has begun. Without speech events nothing
  // says that two of them are one turn.
  return last.hasSpeechEvents && last.answer !== 'over' ? last : undefined
}

/** Compares letters and digits only, because a final transcript has other capitals and punctuation than an interim one. */
const lettersOf = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')

/**
 * Replaces the last message, if it was cut off and the final transcript begins with its words. An agent that remembers the call may
 * transcribe a turn after the page is back, under another id.
 *
 * @returns null if there is no such message
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
  // Half-finished words without words say nothing.
  if (!final && text === '') return speech
  const known = turnOf(speech, transcript)
  if (known) return transcribe(speech, known, transcript)
  // Neither words nor a length: there is nothing to show.
  if (text === '') return speech
  const turn = { ...newTurn(id, at, turnId), hasSpeechEvents: false }
  return (
    completeCutOff(speech, transcript) ?? transcribe(open(settleWordless(speech), turn), turn, transcript)
  )
}

function transcribe(speech: Speech, known: UserTurn, { text, final, at }: Transcript): Speech {
  // Without speech events, a final transcript says that the user has stopped.
  const isEnd = final && known.stoppedAt === null && !known.hasSpeechEvents
  const before = known.finalText ?? ''
  const shown = findRecent(speech.log, known.id)?.text ?? ''
  // A final without words takes nothing back that was on the screen.
  const isTakenBack = final && text === '' && shown !== before
  const words = isTakenBack ? shown : join(before, text)
  const turn: UserTurn = {
    ...known,
    ...(isEnd && { stoppedAt: at, stoppedAfter: lastOf(speech.log)?.id ?? null }),
    finalText: final ? words : known.finalText,
    isInterim: !final,
    isSettled: false,
  }
  if (!final || isSpeaking(turn)) return show(speech, turn, words, 'streaming')
  // The provider did not transcribe the turn, and its length is not known.
  if (words === '' && turn.speechMs === null) {
    return replaced(withLog(speech, removeBlank(speech, turn.id)), { ...turn, isSettled: true })
  }
  return show(speech, turn, words, isTakenBack ? 'interrupted' : 'final')
}

/** True if the agent has not answered words of the user. */
export const isAnswerDue = (turns: readonly UserTurn[]) =>
  turns.some(
    (turn) => turn.answer === 'none' && !isSpeaking(turn) && !turn.isSettled && turn.finalText !== null,
  )

/** The agent will not answer what it was told. */
export function giveUpAnswers(speech: Speech): Speech {
  return {
    ...speech,
    userTurns: speech.userTurns.map((turn) =>
      isSpeaking(turn) || turn.answer !== 'none' ? turn : { ...turn, answer: 'over' },
    ),
  }
}

/** The agent has begun a turn: turns that the user has ended without a word show nothing more. */
export function answerBegun(speech: Speech): Speech {
  const settled = settleWordless(speech)
  return {
    ...settled,
    userTurns: settled.userTurns.map((turn) =>
      isSpeaking(turn) || turn.answer !== 'none' ? turn : { ...turn, answer: 'begun' },
    ),
  }
}

/** The agent has ended a turn: words that come now are of a new turn. Only a turn that has none yet still waits for its own. */
export function answerOver(speech: Speech): Speech {
  return {
    ...speech,
    userTurns: speech.userTurns
      .map((turn): UserTurn => (turn.answer === 'begun' ? { ...turn, answer: 'over' } : turn))
      .filter(({ answer, finalText, isInterim }) => answer !== 'over' || finalText === null || isInterim),
  }
}

/**
 * Gives up words that have not come: of turns that the user has ended, or of all. Half-finished words stay as an interrupted message,
 * until the final ones come.
 */
export function giveUpWords(speech: Speech, turns: 'ended' | 'all'): Speech {
  let settled = settleWordless(speech)
  for (const turn of settled.userTurns) {
    if (turn.isSettled || (turns === 'ended' && isSpeaking(turn))) continue
    const { log } = settled
    const isCutOff = turn.isInterim || isSpeaking(turn)
    if (!isCutOff) continue
    const stoppedAt = turn.stoppedAt ?? turn.startedAt
    settled = replaced({ ...settled, log: cutOff(log, turn) }, { ...turn, stoppedAt, isSettled: true })
  }
  return settled
}
