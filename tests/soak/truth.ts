import type { Message } from '../../store/index.js'
import { hashOf } from './random.js'

/** State of message `n` as the app has seen it: its length so far, and if it is complete. */
export interface Entry {
  n: number
  length: number
  isFinal: boolean
  /** Milliseconds since the epoch. */
  at: number
}

/** Record of what the app has really seen of a conversation. Its size does not grow with it. */
export interface Truth {
  sessionId: string
  /** Messages that this page found when it was loaded: they may never change again. */
  restored: { count: number; digest: number }
  /** Messages so far. All that are not restored and not open are final. */
  count: number
  /** The message that is streaming. */
  open: { n: number; length: number } | null
  /** Entries of the last `windowMs`, oldest first. */
  recent: Entry[]
  /** When the page went, in milliseconds since the epoch; null while it is there. */
  leftAt: number | null
}

/** Hashes the parts of messages that must never change once they are settled. */
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

/** @param windowMs How long an entry's own time is kept: longer than anything may take to be saved. */
export function note(truth: Truth, entry: Entry, windowMs: number): void {
  const { n, length, isFinal, at } = entry
  truth.count = Math.max(truth.count, n + 1)
  if (!isFinal) truth.open = { n, length }
  else if (truth.open?.n === n) truth.open = null
  truth.recent.push(entry)
  while ((truth.recent[0]?.at ?? at) < at - windowMs) truth.recent.shift()
}
