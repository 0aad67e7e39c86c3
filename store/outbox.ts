import type { Message } from './message.js'
import {
  appendMessage,
  emptyLog,
  findRecent,
  type MessageLog,
  toMessages,
  updateMessage,
} from './message-log.js'

/** Typed texts that no agent is known to have received, with the log that contains them. */
export interface Outbox {
  messages: MessageLog
  /** Ids of the texts that the call will send, or has sent to an agent that has not acknowledged them. Oldest first. */
  outbox: readonly string[]
}

/** Finds a message anywhere in the log, because a text may be resent long after it was typed. */
export function findMessage(log: MessageLog, id: string): Message | undefined {
  return findRecent(log, id) ?? log.full.flat().find((message) => message.id === id)
}

/** Changes a message anywhere in the log. Its position stays the same, because stored segments are numbered by position. */
function changeMessage(log: MessageLog, id: string, change: (message: Message) => Message): MessageLog {
  if (findRecent(log, id)) return updateMessage(log, id, change)
  const isIn = (chunk: readonly Message[]) => chunk.some((message) => message.id === id)
  const full = log.full.map((chunk) =>
    isIn(chunk) ? chunk.map((message) => (message.id === id ? change(message) : message)) : chunk,
  )
  return { ...log, full }
}

const without = (ids: readonly string[], id: string) => ids.filter((other) => other !== id)

/** Marks a text as waiting to be sent or acknowledged. */
export function queueText({ messages, outbox }: Outbox, id: string): Outbox {
  return {
    messages: changeMessage(messages, id, (message) => ({ ...message, isUnsent: true })),
    outbox: outbox.includes(id) ? outbox : [...outbox, id],
  }
}

/** Clears the mark of a text that was sent or acknowledged. */
export function confirmText({ messages, outbox }: Outbox, id: string): Outbox {
  return {
    messages: changeMessage(messages, id, ({ isUnsent: _, ...message }) => message),
    outbox: without(outbox, id),
  }
}

/** Removes a text from the outbox. Keeps its mark, so that it is shown as not sent. */
export function abandonText({ messages, outbox }: Outbox, id: string): Outbox {
  return { messages, outbox: without(outbox, id) }
}

/**
 * Moves a resent text to the end, where its answer will follow.
 *
 * @returns null if the text is not among the last turns, and therefore stays where it is
 */
export function moveToEnd(log: MessageLog, id: string, at: number): MessageLog | null {
  const message = findRecent(log, id)
  if (!message) return null
  const rest = updateMessage(log, id, () => null)
  return appendMessage(rest.count === 0 ? emptyLog : rest, { ...message, createdAt: at })
}

/** Lists the texts that are waiting, and the texts that no call will send, in conversation order. */
export function sortUnsent({ messages, outbox }: Outbox): { pending: Message[]; notSent: Message[] } {
  const unsent = toMessages(messages).filter(({ isUnsent }) => isUnsent)
  return {
    pending: unsent.filter(({ id }) => outbox.includes(id)),
    notSent: unsent.filter(({ id }) => !outbox.includes(id)),
  }
}
