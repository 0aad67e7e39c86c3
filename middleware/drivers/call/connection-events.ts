import { quietTimes, toVoiceError, VoiceAgentError } from '../../../store/index.js'
import type { Fact } from '../../live/events.js'
import { startTimer } from '../../waiting.js'
import type { FrameScheduler } from './page-ports.js'
import type { ClientMessage, ReportedEvent } from './ports.js'
import { createRenewal } from './renewal.js'

type TextEvent = Extract<ReportedEvent, { type: 'assistantTextAppended' | 'assistantTextReplaced' }>

/**
 * Passes on the first text immediately, and further text at most 30 times per second, however many deltas it consists of.
 * Passes on any other event immediately, after flushing earlier text to preserve the order.
 * The cost of a delta doesn't depend on the length of the text.
 */
function createEventBatch(frames: FrameScheduler, report: (fact: Fact) => void) {
  let text: TextEvent | null = null
  let errors = { count: 0, isMalformed: false }
  let isWaiting = false

  const pass = ({ type: name, ...payload }: Exclude<ReportedEvent, { type: 'protocolError' }>) =>
    report({ name, payload } as Fact)

  /** Passes on the text and errors merged so far. */
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
 * Reports how long nothing has been said or sent, so that turns that never end can be given up. Cheap per event: it only stores a time, because
 * the timer is reset only when it fires.
 */
function createQuietClock(onQuiet: (quietMs: number) => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let touchedAt = 0
  /** Index in `quietTimes` of the time that the timer is waiting for. */
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
    /** Restarts the clock, because something was said or sent. */
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

/** Receives the events of one connection. */
export interface ConnectionEvents {
  push(event: ReportedEvent): void
  /** Restarts the quiet clock, because something was said or sent, or the connection has recovered. */
  touch(): void
  onSent(message: ClientMessage): void
  /** The provider will end the connection in `inMs` milliseconds. */
  onEndAnnounced(inMs: number): void
  /** Passes on text that is waiting for a frame. */
  flush(): void
  /** Drops waiting text, and stops all timers. */
  stop(): void
}

/**
 * Reports the events of one connection, with text at most once per frame. Also reports when the connection is quiet.
 *
 * @param onRenewalDue Called at most once, before the provider ends the connection, in a pause if there is one.
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
