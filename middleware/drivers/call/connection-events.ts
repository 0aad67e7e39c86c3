import { quietTimes, toVoiceError, VoiceAgentError } from '../../../store/index.js'
import type { Fact } from '../../live/events.js'
import { startTimer } from '../../waiting.js'
import type { ClientMessage, FrameScheduler, ReportedEvent } from './ports.js'

type TextEvent = Extract<ReportedEvent, { type: 'assistantTextAppended' | 'assistantTextReplaced' }>

/**
 * Passes the first text on immediately, and further text at most 30 times a second, however many deltas it consists of.
 * Any other event is passed on immediately, after the text before it, so that the order stays.
 * A delta costs the same however long the text is.
 */
function createEventBatch(frames: FrameScheduler, report: (fact: Fact) => void) {
  let text: TextEvent | null = null
  let errors = { count: 0, isMalformed: false }
  let isWaiting = false

  const pass = ({ type: name, ...payload }: Exclude<ReportedEvent, { type: 'protocolError' }>) =>
    report({ name, payload } as Fact)

  /** Passes on what is merged so far. */
  function flush() {
    const taken = { text, errors }
    text = null
    errors = { count: 0, isMalformed: false }
    if (taken.text) pass(taken.text)
    const { count, isMalformed } = taken.errors
    if (count === 0) return
    const error = isMalformed ? { error: toVoiceError(new VoiceAgentError('protocol-error')) } : {}
    report({ name: 'protocolErrorsReported', payload: { count, ...error } })
  }

  function onFrame() {
    isWaiting = text !== null || errors.count > 0
    if (!isWaiting) return
    frames.request(onFrame)
    flush()
  }

  function addText(event: TextEvent) {
    if (text && text.turnId !== event.turnId) flush()
    if (event.type === 'assistantTextReplaced' || !text) text = event
    else if (text.type === 'assistantTextAppended') text = { ...text, delta: text.delta + event.delta }
    else text = { ...text, text: text.text + event.delta }
  }

  return {
    push(event: ReportedEvent) {
      if (event.type === 'assistantTextAppended' || event.type === 'assistantTextReplaced') addText(event)
      else if (event.type === 'protocolError') {
        errors.count++
        errors.isMalformed ||= event.why === 'malformed'
      } else {
        flush()
        return pass(event)
      }
      if (isWaiting) return
      isWaiting = true
      frames.request(onFrame)
      flush()
    },
    flush,
    /** Drops the merged text, and stops waiting for frames. */
    clear: frames.stop,
  }
}

/**
 * Reports how long nothing was said or sent, so that what never ends can be given up. Costs a number per event: the timer is set again only
 * when it is due.
 */
function createQuietClock(onQuiet: (quietMs: number) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let touchedAt = 0
  /** Index of the time that the timer waits for. */
  let index = 0
  let isStopped = false

  function wait(ms: number) {
    timer = startTimer(run, ms)
  }

  function run() {
    timer = undefined
    const due = quietTimes[index] ?? 0
    const left = touchedAt + due - performance.now()
    if (left > 0) return wait(left)
    index++
    const next = quietTimes[index]
    if (next !== undefined) wait(next - due)
    onQuiet(due)
  }

  return {
    /** Something was said or sent: the time begins again. */
    touch() {
      if (isStopped) return
      touchedAt = performance.now()
      if (timer !== undefined && index === 0) return
      clearTimeout(timer)
      index = 0
      wait(quietTimes[0] ?? 0)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
      timer = undefined
    },
  }
}

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

/**
 * Finds the moment to replace a connection that its provider is about to end: a pause in the conversation. In a pause no one speaks, no turn or tool call is open, and nothing is said or sent for 3 s.
 * Without a pause, it decides 3 s before the end.
 *
 * @param onDue Called at most once.
 */
function createRenewal(onDue: () => void) {
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
    /** The provider ends the connection in `inMs` milliseconds. A later announcement replaces the one before. */
    announce(inMs: number) {
      if (isOver) return
      for (const timer of timers) clearTimeout(timer)
      clearTimeout(pause)
      isSearching = false
      timers = [
        startTimer(renew, Math.max(0, inMs - spareMs)),
        startTimer(search, inMs - Math.min(longestSearch, inMs / 2)),
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
      // The others, such as statistics of the server, are no part of the conversation.
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

/** Receives the events of one connection. */
export interface ConnectionEvents {
  push(event: ReportedEvent): void
  /** Something was said or sent, or the connection carries again: the time of quiet begins again. */
  touch(): void
  onSent(message: ClientMessage): void
  /** The provider ends the connection in `inMs` milliseconds. */
  onEndAnnounced(inMs: number): void
  /** Passes on the text that waits for its frame. */
  flush(): void
  /** Drops the text that waits, and stops all timers. */
  stop(): void
}

/**
 * Reports the events of one connection, text at most once a frame. Reports its quiet, too.
 *
 * @param onRenewalDue Called at most once, in a pause, before the provider ends the connection.
 */
export function createConnectionEvents(
  frames: FrameScheduler,
  report: (fact: Fact) => void,
  onRenewalDue: () => void,
): ConnectionEvents {
  const batch = createEventBatch(frames, report)
  const quiet = createQuietClock((quietMs) => report({ name: 'conversationQuiet', payload: { quietMs } }))
  const renewal = createRenewal(onRenewalDue)
  return {
    push(event) {
      quiet.touch()
      renewal.onEvent(event)
      batch.push(event)
    },
    touch: quiet.touch,
    onSent: renewal.onSent,
    onEndAnnounced: renewal.announce,
    flush: batch.flush,
    stop() {
      renewal.stop()
      quiet.stop()
      batch.clear()
    },
  }
}
