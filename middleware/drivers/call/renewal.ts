import { startTimer } from '../../waiting.js'
import type { ClientMessage, ReportedEvent } from './ports.js'

/** Milliseconds before an announced end in which to look for a pause; at most half of the announced time. */
const SEARCH_LIMIT_MS = 5 * 60_000
/** Milliseconds before an announced end at which the connection is replaced even without a pause. */
const SPARE_MS = 3_000
/** Milliseconds without anything said or sent that count as a pause. */
const PAUSE_MS = 3_000
/** Like `PAUSE_MS`, but while the agent still has to answer the user. */
const ANSWER_MS = 15_000

/** Events that open or close nothing, but belong to the conversation. */
const passing: readonly ReportedEvent['type'][] = [
  'assistantTextAppended',
  'assistantTextReplaced',
  'toolApprovalNeeded',
]

/**
 * Replaces a connection that its provider is about to end, during a pause in the conversation. In a pause, no one speaks, no turn or tool call
 * is open, and nothing is said or sent for 3 s. Without a pause, replaces the connection 3 s before the end.
 *
 * @param onDue Called at most once.
 */
export function createRenewal(onDue: () => void) {
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

  /** Restarts the wait for a pause, because something was said or sent. */
  function touch() {
    clearTimeout(pause)
    if (isOver || !isSearching || speakers.size > 0 || open.size > 0) return
    pause = startTimer(renew, isAnswerDue ? ANSWER_MS : PAUSE_MS)
  }

  function search() {
    isSearching = true
    touch()
  }

  return {
    /** The provider will end the connection in `inMs` milliseconds. A later announcement replaces an earlier one. */
    announce(inMs: number) {
      if (isOver) return
      for (const timer of timers) clearTimeout(timer)
      clearTimeout(pause)
      isSearching = false
      timers = [
        startTimer(renew, Math.max(0, inMs - SPARE_MS)),
        startTimer(search, inMs - Math.min(SEARCH_LIMIT_MS, inMs / 2)),
      ]
    },
    onEvent(event: ReportedEvent) {
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
      // Other events, such as server statistics, are not part of the conversation.
      else if (!passing.includes(type)) return
      touch()
    },
    onSent(message: ClientMessage) {
      if (message.type === 'text') isAnswerDue = true
      if (message.type === 'tool-answer' && open.delete(message.toolCallId))
        isAnswerDue = message.isQuiet !== true
      touch()
    },
    stop,
  }
}
