import type { Message } from '../../store/index.js'
import { hashOf } from './random.js'

/** State of message `n` as the app has seen it: its length so far, and whether it is complete. */
export interface Entry {
  n: number
  length: number
  isFinal: boolean
  /** Milliseconds since the epoch. */
  at: number
}

/** Record of what the app has really seen of a conversation. Its size is bounded. */
export interface Truth {
  sessionId: string
  /** Messages that this page found when it loaded. They must never change again. */
  restored: { count: number; digest: number }
  /** Number of messages so far. All that are neither restored nor open are final. */
  count: number
  /** The message that is streaming. */
  open: { n: number; length: number } | null
  /** Entries from the last `windowMs`, oldest first. */
  recent: Entry[]
  /** When the page left, in milliseconds since the epoch; null while it is open. */
  leftAt: number | null
}

/** Hashes the parts of messages that must not change once settled. */
export function digestOf(messages: readonly Message[]): number {
  return hashOf(
    JSON.stringify(
      messages.map(({ id, role, text, status, createdAt }) => [id, role, text, status, createdAt]),
    ),
  )
}

export function truthOf(sessionId: string, messages: readonly Message[]): Truth {
  return {
    sessionId,
    restored: { count: messages.length, digest: digestOf(messages) },
    count: messages.length,
    open: null,
    recent: [],
    leftAt: null,
  }
}

/** @param windowMs How long to keep an entry's own time: longer than any save may take. */
export function note(truth: Truth, entry: Entry, windowMs: number): void {
  const { n, length, isFinal, at } = entry
  truth.count = Math.max(truth.count, n + 1)
  if (!isFinal) truth.open = { n, length }
  else if (truth.open?.n === n) truth.open = null
  truth.recent.push(entry)
  while ((truth.recent[0]?.at ?? at) < at - windowMs) truth.recent.shift()
}
