import { toVoiceError, VoiceAgentError } from '../../../store/index.js'
import type { Fact } from '../../live/state.js'
import type { FrameScheduler, ReportedEvent } from './ports.js'

type TextEvent = Extract<ReportedEvent, { type: 'assistantTextAppended' | 'assistantTextReplaced' }>

/** Receives the events of one connection, and merges text that arrives faster than the screen is drawn. */
export interface EventBatch {
  push(event: ReportedEvent): void
  /** Passes on what is merged so far. */
  flush(): void
  /** Drops the merged text, and stops waiting for frames. */
  clear(): void
}

/**
 * Passes the first text on immediately, and further text at most 30 times a second, however many deltas it consists of.
 * Any other event is passed on immediately, after the text before it, so that the order stays.
 * A delta costs the same however long the text is.
 */
export function createEventBatch(
  frames: FrameScheduler,
  {
    onEvent,
    report,
  }: { onEvent(event: Exclude<ReportedEvent, { type: 'protocolError' }>): void; report(fact: Fact): void },
): EventBatch {
  let text: TextEvent | null = null
  let errors = { count: 0, isMalformed: false }
  let isWaiting = false

  function flush() {
    const taken = { text, errors }
    text = null
    errors = { count: 0, isMalformed: false }
    if (taken.text) onEvent(taken.text)
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
    push(event) {
      if (event.type === 'assistantTextAppended' || event.type === 'assistantTextReplaced') addText(event)
      else if (event.type === 'protocolError') {
        errors.count++
        errors.isMalformed ||= event.why === 'malformed'
      } else {
        flush()
        return onEvent(event)
      }
      if (isWaiting) return
      isWaiting = true
      frames.request(onFrame)
      flush()
    },
    flush,
    clear: frames.stop,
  }
}
