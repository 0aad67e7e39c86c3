import { type Draft, isDraft, original } from '@reduxjs/toolkit'
import type { Message } from './message.js'

/** Messages per chunk. */
export const CHUNK_SIZE = 64

/**
 * Loaded messages, oldest first. Only the last chunk grows, so new messages and streamed deltas cost the same however long the conversation:
 * neither copies, freezes nor reads earlier messages.
 */
export interface MessageLog {
  /** Complete chunks. */
  readonly full: readonly (readonly Message[])[]
  /** Messages after the complete chunks: at most one chunk. */
  readonly tail: readonly Message[]
  readonly count: number
}

export const emptyLog: MessageLog = { full: [], tail: [], count: 0 }

function chunksOf(messages: readonly Message[]): Message[][] {
  const chunks: Message[][] = []
  for (let start = 0; start < messages.length; start += CHUNK_SIZE) {
    chunks.push(messages.slice(start, start + CHUNK_SIZE))
  }
  return chunks
}

export function toMessageLog(messages: readonly Message[]): MessageLog {
  const full = chunksOf(messages)
  const tail = full.pop() ?? []
  return { full, tail, count: messages.length }
}

/** Flattens the log in O(n). Memoise the result. */
export function toMessages({ full, tail }: MessageLog): Message[] {
  return [...full.flat(), ...tail]
}

/** Returns a chunk by its index. The last chunk is the one that grows. */
export function chunkAt({ full, tail }: MessageLog, index: number): readonly Message[] {
  return full[index] ?? (index === full.length ? tail : [])
}

/** True if the next message begins a new chunk. */
export function isTailFull({ tail }: MessageLog): boolean {
  return tail.length >= CHUNK_SIZE
}

/** Finds a message among the last turns, because only they can still change. */
function locate({ full, tail }: MessageLog, id: string): { chunk: readonly Message[]; index: number } | null {
  for (const chunk of [tail, full.at(-1) ?? []]) {
    const index = chunk.findLastIndex((message) => message.id === id)
    if (index >= 0) return { chunk, index }
  }
  return null
}

/** Returns one of the last turns; undefined for any other. */
export function findRecent(log: MessageLog, id: string): Message | undefined {
  const found = locate(log, id)
  return found?.chunk[found.index]
}

/** Returns the last turns, oldest first: only they can still change. */
export const recentMessages = ({ full, tail }: MessageLog): Message[] => [...(full.at(-1) ?? []), ...tail]

export function lastOf({ full, tail }: MessageLog): Message | undefined {
  return tail.at(-1) ?? full.at(-1)?.at(-1)
}

/** Appends a message, unless it is already in the log. */
export function appendMessage(log: MessageLog, message: Message): MessageLog {
  if (findRecent(log, message.id)) return log
  const { full, tail } = log
  const count = log.count + 1
  return isTailFull(log)
    ? { full: [...full, tail], tail: [message], count }
    : { full, tail: [...tail, message], count }
}

/** Inserts a message before the later ones at the end, unless it is already in the log. */
export function insertMessage(
  log: MessageLog,
  message: Message,
  isLater: (other: Message) => boolean,
): MessageLog {
  if (findRecent(log, message.id)) return log
  const { full, tail } = log
  const last = full.at(-1)?.at(-1)
  // Later messages may have completed a chunk.
  const isInTail = !last || !isLater(last) || !tail.every(isLater)
  const recent = isInTail ? tail : [...(full.at(-1) ?? []), ...tail]
  const before = recent.findLastIndex((other) => !isLater(other)) + 1
  if (before === recent.length) return appendMessage(log, message)
  const chunks = chunksOf(recent.toSpliced(before, 0, message))
  const changed = chunks.pop() ?? []
  const untouched = isInTail ? full : full.slice(0, -1)
  return {
    full: chunks.length === 0 ? untouched : [...untouched, ...chunks],
    tail: changed,
    count: log.count + 1,
  }
}

/** Prepends messages. Leaves existing chunks unchanged. */
export function prependMessages({ full, tail, count }: MessageLog, messages: readonly Message[]): MessageLog {
  return { full: [...chunksOf(messages), ...full], tail, count: count + messages.length }
}

/** Changes one of the last turns, or removes it if `change` returns null. */
export function updateMessage(
  log: MessageLog,
  id: string,
  change: (message: Message) => Message | null,
): MessageLog {
  const found = locate(log, id)
  const message = found?.chunk[found.index]
  if (!found || !message) return log
  const changed = change(message)
  if (changed === message) return log
  const chunk = changed ? found.chunk.with(found.index, changed) : found.chunk.toSpliced(found.index, 1)
  const count = changed ? log.count : log.count - 1
  if (found.chunk === log.tail) return { ...log, tail: chunk, count }
  const before = log.full.slice(0, -1)
  return { ...log, full: chunk.length === 0 ? before : [...before, chunk], count }
}

/** A state with a log, in a reducer. */
interface LogDraft {
  messages: Draft<MessageLog>
}

/** Returns the original log, because creating an Immer draft for every message read would dominate the cost. */
export function plainLog({ messages }: LogDraft): MessageLog {
  return isDraft(messages) ? (original(messages) as MessageLog) : messages
}

export function changeLog(state: LogDraft, change: (log: MessageLog) => MessageLog): void {
  state.messages = change(plainLog(state)) as Draft<MessageLog>
}
