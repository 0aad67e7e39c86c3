import type { Message, SessionSnapshot } from '../../../store/index.js'

export const message = (index: number, text = `words number ${index}`): Message => ({
  id: `m${index}`,
  role: index % 2 === 0 ? 'user' : 'assistant',
  text,
  status: 'final',
  createdAt: index,
})

export const messagesOf = (length: number) => Array.from({ length }, (_, index) => message(index))

export interface SnapshotOptions {
  id?: string
  tabId?: string
  length?: number
  messages?: readonly Message[]
  firstLoadedIndex?: number
  revision?: number
  updatedAt?: number
}

/** A session snapshot, with `length` generated messages by default. */
export function snapshotOf(options: SnapshotOptions): SessionSnapshot {
  const { id = 's1', tabId = 't1', firstLoadedIndex = 0, revision = 1, updatedAt = 1000 } = options
  const messages = options.messages ?? messagesOf(options.length ?? 1)
  return {
    head: {
      id,
      tabId,
      createdAt: 1,
      updatedAt,
      connectionStatus: 'connected',
      conversationStatus: 'listening',
      startedAt: 2,
      endedAt: null,
      reconnectAttempts: 0,
      messageCount: firstLoadedIndex + messages.length,
    },
    messages,
    firstLoadedIndex,
    revision,
    _persist: { version: 1, rehydrated: true },
  }
}
