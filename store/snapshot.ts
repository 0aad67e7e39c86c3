import { chosenDevices } from './connection.js'
import { listOf, type MessageList } from './message-list.js'
import { differInStats } from './persisted.js'
import type { VoiceAgentState } from './state.js'
import type { ChosenDevices, ConnectionStatus, ConversationStatus } from './types.js'

/** What is known of a stored session without its messages. */
export interface SessionHead {
  id: string
  tabId: string
  createdAt: number
  /** Milliseconds since the epoch. */
  updatedAt: number
  connectionStatus: ConnectionStatus
  conversationStatus: ConversationStatus
  startedAt: number | null
  endedAt: number | null
  reconnectAttempts: number
  /** Of the whole conversation, whether loaded or not. */
  messageCount: number
  /** Ids, not names, of what was chosen in the tab; absent in what versions before stored. */
  devices?: ChosenDevices
}

/** What is persisted of a session: what redux-persist is handed, and what the storage engine splits into records. */
export interface SessionSnapshot {
  head: SessionHead
  /** Those loaded; the same objects as in the store, so that what did not change is recognised by reference. */
  messages: MessageList
  /** Index of the first of them in the whole conversation. */
  firstLoadedIndex: number
  revision: number
  /** redux-persist's own mark: the version that `migrate` goes by. */
  _persist: { version: number; rehydrated: boolean }
}

/**
 * Whether nothing that is persisted differs but what may change many times a second: the text of turns that are still streaming, and the
 * volume while its slider moves. Looks at the last turns only.
 */
export function differsOnlyInStream(before: VoiceAgentState, after: VoiceAgentState): boolean {
  const [was, is] = [before.conversation.messages, after.conversation.messages]
  return (
    before.session.id === after.session.id &&
    before.connection.status === after.connection.status &&
    before.conversation.status === after.conversation.status &&
    !differInStats(before, after) &&
    was.full === is.full &&
    was.tail.length === is.tail.length &&
    is.tail.every((message, index) => message === was.tail[index] || message.status === 'streaming')
  )
}

/**
 * What of the state is persisted, at the time `updatedAt`; null while there is no session to persist.
 *
 * @param version The app's `persistence.version`.
 */
export function takeSnapshot(
  { connection, conversation, session, stats }: VoiceAgentState,
  { updatedAt, version }: { updatedAt: number; version: number },
): SessionSnapshot | null {
  if (session.id === null || session.tabId === null || session.createdAt === null) return null
  const { messages } = conversation
  return {
    head: {
      id: session.id,
      tabId: session.tabId,
      createdAt: session.createdAt,
      updatedAt,
      connectionStatus: connection.status,
      conversationStatus: conversation.status,
      startedAt: stats.startedAt,
      endedAt: stats.endedAt,
      reconnectAttempts: stats.reconnectAttempts,
      messageCount: conversation.firstLoadedIndex + messages.count,
      devices: chosenDevices(connection),
    },
    messages: listOf(messages),
    firstLoadedIndex: conversation.firstLoadedIndex,
    revision: session.revision,
    _persist: { version, rehydrated: true },
  }
}
