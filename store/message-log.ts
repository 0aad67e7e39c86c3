import type { Message } from './message.js'

/** Messages in one chunk. */
export const chunkSize = 64

/**
 * Loaded messages, oldest first. Only the last chunk grows, so that a new message and a streamed delta cost the same however long the
 * conversation is: neither copies, freezes nor looks at what came before.
 */
export interface MessageLog {
  /** Chunks that are complete. */
  readonly full: readonly (readonly Message[])[]
  /** The messages after them, at most a chunk. */
  readonly tail: readonly Message[]
  readonly count: number
}

export const emptyLog: MessageLog = { full: [], tail: [], count: 0 }

function chunksOf(messages: readonly Message[]): Message[][] {
  const chunks: Message[][] = []
  for (let start = 0; start < messages.length; start += chunkSize) {
    chunks.push(messages.slice(start, start + chunkSize))
  }
  return chunks
}

export function toMessageLog(messages: readonly Message[]): MessageLog {
  const full = chunksOf(messages)
  const tail = full.pop() ?? []
  return { full, tail, count: messages.length }
}

/** All of them in one list, in time that grows with their number. Memoise it. */
export function toMessages({ full, tail }: MessageLog): Message[] {
  return [...full.flat(), ...tail]
}

/** The chunks in order; the last one is the one that grows. */
export function chunkAt({ full, tail }: MessageLog, index: number): readonly Message[] {
  return full[index] ?? (index === full.length ? tail : [])
}

/** Whether the next message begins a chunk of its own. */
export function isTailFull({ tail }: MessageLog): boolean {
  return tail.length >= chunkSize
}

/** Where a message is, among those that can still change: the last turns. */
function locate({ full, tail }: MessageLog, id: string): { chunk: readonly Message[]; index: number } | null {
  for (const chunk of [tail, full.at(-1) ?? []]) {
    const index = chunk.findLastIndex((message) => message.id === id)
    if (index >= 0) return { chunk, index }
  }
  return null
}

/** One of the last turns; undefined for any other. */
export function findRecent(log: MessageLog, id: string): Message | undefined {
  const found = locate(log, id)
  return found?.chunk[found.index]
}

export function lastOf({ full, tail }: MessageLog): Message | undefined {
  return tail.at(-1) ?? full.at(-1)?.at(-1)
}

/** A message that is there already is not added again. */
export function appendMessage(log: MessageLog, message: Message): MessageLog {
  if (findRecent(log, message.id)) return log
  const { full, tail } = log
  const count = log.count + 1
  return isTailFull(log)
    ? { full: [...full, tail], tail: [message], count }
    : { full, tail: [...tail, message], count }
}

/** Adds a message before those at the end that are later; one that is there already is not added again. */
export function insertMessage(
  log: MessageLog,
  message: Message,
  isLater: (other: Message) => boolean,
): MessageLog {
  if (!log.tail.some(isLater)) return appendMessage(log, message)
  if (findRecent(log, message.id)) return log
  const before = log.tail.findLastIndex((other) => !isLater(other)) + 1
  const tail = log.tail.toSpliced(before, 0, message)
  const count = log.count + 1
  return tail.length <= chunkSize
    ? { ...log, tail, count }
    : { full: [...log.full, tail.slice(0, chunkSize)], tail: tail.slice(chunkSize), count }
}

/** Puts messages before all others. The chunks that are there stay what they are. */
export function prependMessages({ full, tail, count }: MessageLog, messages: readonly Message[]): MessageLog {
  return { full: [...chunksOf(messages), ...full], tail, count: count + messages.length }
}

/** Changes one of the last turns, or removes it where `change` gives null. */
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
  return found.chunk === log.tail
    ? { ...log, tail: chunk, count }
    : { ...log, full: [...log.full.slice(0, -1), chunk], count }
}
