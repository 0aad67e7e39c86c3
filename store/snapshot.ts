import { chosenDevices } from './connection.js'
import type { ConversationState } from './conversation-state.js'
import type { Message } from './message.js'
import { CHUNK_SIZE, chunkAt, type MessageLog, toMessages } from './message-log.js'
import { differInStats, type VoiceAgentState } from './reducer.js'
import { countMessages } from './selectors.js'
import { cut } from './title.js'
import type { ChosenDevices, ConnectionStatus, ConversationStatus } from './types.js'

/** Messages by index: an array, or a log that doesn't need flattening. */
export interface MessageList {
  readonly length: number
  /** Returns the messages from `start` to before `end`. */
  slice(start: number, end: number): readonly Message[]
}

/** Wraps the log as a list. A slice that is exactly one chunk returns that chunk, so that changes can be detected by reference. */
export function listOf(log: MessageLog): MessageList {
  const { full, tail, count } = log
  const isRegular = full.length * CHUNK_SIZE + tail.length === count
  let flat: readonly Message[] | null = null
  return {
    length: count,
    slice(start, end) {
      const chunk = start % CHUNK_SIZE === 0 && isRegular ? chunkAt(log, start / CHUNK_SIZE) : []
      if (chunk.length === end - start) return chunk
      flat ??= toMessages(log)
      return flat.slice(start, end)
    },
  }
}

/** Metadata of a stored session, without its messages. Times are milliseconds since the epoch. */
export interface SessionHead {
  id: string
  tabId: string
  createdAt: number
  updatedAt: number
  connectionStatus: ConnectionStatus
  conversationStatus: ConversationStatus
  startedAt: number | null
  endedAt: number | null
  reconnectAttempts: number
  /** Messages of the whole conversation, loaded or not. */
  messageCount: number
  /** Ids, not names, of the devices chosen in the tab; absent in sessions stored by earlier versions. */
  devices?: ChosenDevices
  /**
   * Beginning of the text in the composer, at most `MAX_SAVED_TEXT` characters; absent if there is none, and in sessions stored by earlier
   * versions.
   */
  draft?: string
  /** Name that the user gave the conversation; absent if there is none, and in sessions stored by earlier versions. */
  title?: string
  /** Ids of the last tool calls, so that they don't run again; absent if there are none, and in sessions stored by earlier versions. */
  toolCallIds?: readonly string[]
  /**
   * Index, in the whole conversation, of the earliest tool call that the agent may be waiting for. A restore also loads the messages from
   * there on. Absent if there is none, and in sessions stored by earlier versions.
   */
  openToolIndex?: number
  /** Ids of the texts that the call still had to send; absent if there are none. A later call sends no other unsent text. */
  outbox?: readonly string[]
}

/** Maximum length of a saved draft. A longer one would leave no room for messages in the journal, and no connection could send it. */
const MAX_SAVED_TEXT = 65_536

/** Persisted form of a session. redux-persist receives it, and the storage engine splits it into records. */
export interface SessionSnapshot {
  head: SessionHead
  /** Loaded messages: the same objects as in the store, so that unchanged messages can be recognised by reference. */
  messages: MessageList
  /** Index of the first loaded message in the whole conversation. */
  firstLoadedIndex: number
  revision: number
  /** redux-persist's marker: the version from which `migrate` starts. */
  _persist: { version: number; rehydrated: boolean }
  /** True if only the name differs from the stored session, so that the tab's journal still applies. @default false */
  isRename?: boolean
}

/**
 * True if persisted values differ only in things that may change many times per second: the text of streaming turns, the draft, and the
 * volume.
 * Reads only the last turns.
 */
export function differsOnlyInStream(before: VoiceAgentState, after: VoiceAgentState): boolean {
  const [was, is] = [before.conversation.messages, after.conversation.messages]
  return (
    before.session.id === after.session.id &&
    before.session.title === after.session.title &&
    before.connection.status === after.connection.status &&
    before.conversation.status === after.conversation.status &&
    !differInStats(before, after) &&
    was.full === is.full &&
    was.tail.length === is.tail.length &&
    is.tail.every((message, index) => message === was.tail[index] || message.status === 'streaming')
  )
}

/** Returns {@link SessionHead.openToolIndex}. Reads only the messages from there on, and none without an open tool call. */
function findOpenTool({ messages, turns, toolCallIds, firstLoadedIndex }: ConversationState): number | null {
  const open = new Set([...turns.agent, ...turns.approvals].filter((id) => toolCallIds.includes(id)))
  const { full, count } = messages
  let index = firstLoadedIndex + count
  for (let chunk = full.length; open.size > 0 && chunk >= 0; chunk--) {
    const found = chunkAt(messages, chunk)
    for (let place = found.length - 1; open.size > 0 && place >= 0; place--) {
      open.delete(found[place]?.id ?? '')
      index--
    }
  }
  return index < firstLoadedIndex + count ? index : null
}

/**
 * Returns the persisted form of the state at the time `updatedAt`; null if there is no session of this tab to persist.
 *
 * @param version The app's `persistence.version`.
 */
export function takeSnapshot(
  state: VoiceAgentState,
  { updatedAt, version }: { updatedAt: number; version: number },
): SessionSnapshot | null {
  const { connection, conversation, session, stats } = state
  if (session.id === null || session.tabId === null || session.createdAt === null) return null
  // The other tab saves it.
  if (session.mirror) return null
  const { messages, draft, toolCallIds, outbox } = conversation
  const openToolIndex = findOpenTool(conversation)
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
      messageCount: countMessages(conversation),
      devices: chosenDevices(connection),
      ...(draft === '' ? {} : { draft: cut(draft, MAX_SAVED_TEXT) }),
      ...(session.title === null ? {} : { title: session.title }),
      ...(toolCallIds.length > 0 && { toolCallIds }),
      ...(openToolIndex === null ? {} : { openToolIndex }),
      ...(outbox.length > 0 && { outbox }),
    },
    messages: listOf(messages),
    firstLoadedIndex: conversation.firstLoadedIndex,
    revision: session.revision,
    _persist: { version, rehydrated: true },
  }
}
