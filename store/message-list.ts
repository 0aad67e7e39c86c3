import type { Message } from './message.js'
import { chunkAt, chunkSize, type MessageLog, toMessages } from './message-log.js'

/** Messages by their place: an array, or a log that is not made into one. */
export interface MessageList {
  readonly length: number
  /** Those from `start` to before `end`. */
  slice(start: number, end: number): readonly Message[]
}

/** The log as a list. A part that is a chunk is that chunk itself, so that what did not change is told at a glance. */
export function listOf(log: MessageLog): MessageList {
  const { full, tail, count } = log
  const isRegular = full.length * chunkSize + tail.length === count
  let flat: readonly Message[] | null = null
  return {
    length: count,
    slice(start, end) {
      const chunk = start % chunkSize === 0 && isRegular ? chunkAt(log, start / chunkSize) : []
      if (chunk.length === end - start) return chunk
      flat ??= toMessages(log)
      return flat.slice(start, end)
    },
  }
}
