import type { Message } from './message.js'
import { chunkAt, chunkSize, type MessageLog, toMessages } from './message-log.js'

/** Messages by index: an array, or a log that is not flattened. */
export interface MessageList {
  readonly length: number
  /** Returns the messages from `start` to before `end`. */
  slice(start: number, end: number): readonly Message[]
}

/** Wraps the log as a list. A part that is exactly a chunk is that chunk itself, so that comparing references finds what changed. */
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
