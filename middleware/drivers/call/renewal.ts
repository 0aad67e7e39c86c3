import { startTimer } from '../../waiting.js'
import type { ClientMessage, ReportedEvent } from './ports.js'

/** Milliseconds before an announced end from which a pause is looked for; at most half of the time that is left when it is announced. */
const longestSearch = 5 * 60_000
/** Milliseconds before an announced end at which the connection is replaced without a pause. */
const spareMs = 3_000
/** Milliseconds without anything said or sent that are a pause. */
const pauseMs = 3_000
/** The same after words of the user that the agent has not answered. */
const answerMs = 15_000

/** Events of something that is open already. */
const passing: readonly ReportedEvent['type'][] = [
  'assistantTextAppended',
  'assistantTextReplaced',
  'toolApprovalNeeded',
]

/** Finds the moment to replace a connection that its provider is about to end. */
export interface Renewal {
  /** The provider ends the connection in `inMs` milliseconds. A later announcement replaces the one before. */
  announce(inMs: number): void
  onEvent(event: ReportedEvent): void
  onSent(message: ClientMessage): void
  stop(): void
}

/**
 * Waits for a pause in the conversation. In a pause no one speaks, no turn or tool call is open, and nothing is said or sent for 3 s.
 * Without a pause, it decides 3 s before the end.
 *
 * @param onDue Called at most once.
 */
export function createRenewal(onDue: () => void): Renewal {
  const speakers = new Set<'user' | 'agent'>()
  const open = new Set<string>()
  let isAnswerDue = false
  let isSearching = false
  let isOver = false
  let timers: ReturnType<typeof setTimeout>[] = []
  let pause: ReturnType<typeof setTimeout> | undefined

  function stop() {
    isOver = true
    clearTimeout(pause)
    for (const timer of timers) clearTimeout(timer)
  }

  function renew() {
    if (isOver) return
    stop()
    onDue()
  }

  /** Something was said or sent: the wait for a pause begins again. */
  function touch() {
    clearTimeout(pause)
    if (isOver || !isSearching || speakers.size > 0 || open.size > 0) return
    pause = startTimer(renew, isAnswerDue ? answerMs : pauseMs)
  }

  function search() {
    isSearching = true
    touch()
  }

  return {
    announce(inMs) {
      if (isOver) return
      for (const timer of timers) clearTimeout(timer)
      clearTimeout(pause)
      isSearching = false
      timers = [
        startTimer(renew, Math.max(0, inMs - spareMs)),
        startTimer(search, inMs - Math.min(longestSearch, inMs / 2)),
      ]
    },
    onEvent(event) {
      const { type } = event
      if (type === 'userSpeechStarted') speakers.add('user')
      else if (type === 'userSpeechStopped') {
        speakers.delete('user')
        isAnswerDue = true
      } else if (type === 'userTranscriptReceived') isAnswerDue ||= event.text !== ''
      else if (type === 'assistantSpeechStarted') {
        speakers.add('agent')
        isAnswerDue = false
      } else if (type === 'assistantSpeechStopped') speakers.delete('agent')
      else if (type === 'assistantTurnStarted') {
        open.add(event.turnId)
        isAnswerDue = false
      } else if (type === 'assistantTurnCompleted' || type === 'assistantTurnInterrupted')
        open.delete(event.turnId)
      else if (type === 'toolCallStarted') open.add(event.toolCallId)
      else if (type === 'toolCallStopped') open.delete(event.toolCallId)
      // The others, such as statistics of the server, are no part of the conversation.
      else if (!passing.includes(type)) return
      touch()
    },
    onSent(message) {
      if (message.type === 'text') isAnswerDue = true
      if (message.type === 'tool-answer' && open.delete(message.toolCallId))
        isAnswerDue = message.isQuiet !== true
      touch()
    },
    stop,
  }
}
