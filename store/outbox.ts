import type { Message } from './message.js'
import {
  appendMessage,
  emptyLog,
  findRecent,
  type MessageLog,
  toMessages,
  updateMessage,
} from './message-log.js'

/** The texts of a conversation that no agent is known to have read. */
export interface Outbox {
  messages: MessageLog
  /** Ids of the texts that the call will send, or has sent to an agent that has not acknowledged them. Oldest first. */
  outbox: readonly string[]
}

/** Finds a message wherever it is in the log; a text may be sent again long after it was typed. */
export function findMessage(log: MessageLog, id: string): Message | undefined {
  return findRecent(log, id) ?? log.full.flat().find((message) => message.id === id)
}

/** Changes a message wherever it is. Its place stays, because stored segments are numbered by it. */
function changeMessage(log: MessageLog, id: string, change: (message: Message) => Message): MessageLog {
  if (findRecent(log, id)) return updateMessage(log, id, change)
  const isIn = (chunk: readonly Message[]) => chunk.some((message) => message.id === id)
  const full = log.full.map((chunk) =>
    isIn(chunk) ? chunk.map((message) => (message.id === id ? change(message) : message)) : chunk,
  )
  return { ...log, full }
}

const without = (ids: readonly string[], id: string) => ids.filter((other) => other !== id)

/** Marks a text that waits to be sent, or to be acknowledged. */
export function queueText({ messages, outbox }: Outbox, id: string): Outbox {
  return {
    messages: changeMessage(messages, id, (message) => ({ ...message, isUnsent: true })),
    outbox: outbox.includes(id) ? outbox : [...outbox, id],
  }
}

/** Clears the mark. */
export function settleText({ messages, outbox }: Outbox, id: string): Outbox {
  return {
    messages: changeMessage(messages, id, ({ isUnsent: _, ...message }) => message),
    outbox: without(outbox, id),
  }
}

/** Stops waiting. The mark stays, so that the text is shown as not sent. */
export function abandonText({ messages, outbox }: Outbox, id: string): Outbox {
  return { messages, outbox: without(outbox, id) }
}

/**
 * Moves a text that is sent again to the end, because its answer follows there.
 *
 * @returns null for a text that is not among the last turns, which stays where it is
 */
export function moveToEnd(log: MessageLog, id: string, at: number): MessageLog | null {
  const message = findRecent(log, id)
  if (!message) return null
  const rest = updateMessage(log, id, () => null)
  return appendMessage(rest.count === 0 ? emptyLog : rest, { ...message, createdAt: at })
}

/** Lists the texts that wait, and those that no call will send, in the order of the conversation. */
export function sortUnsent({ messages, outbox }: Outbox): { pending: Message[]; notSent: Message[] } {
  const unsent = toMessages(messages).filter(({ isUnsent }) => isUnsent)
  return {
    pending: unsent.filter(({ id }) => outbox.includes(id)),
    notSent: unsent.filter(({ id }) => !outbox.includes(id)),
  }
}
