import type { UnknownAction } from '@reduxjs/toolkit'
import type { FactPayload } from '../../../../middleware/live/events.js'
import {
  type AgentMessage,
  type ConnectionStatus,
  type ConversationStatus,
  countMessages,
  findRecent,
  type Message,
  nameOf,
  recentMessages,
  selectAllMessages,
  type VoiceAgentActions,
  type VoiceAgentState,
  type VoiceError,
} from '../../../../store/index.js'
import type { Emitter } from './emitter.js'

/** A session as reported by the facades and events. Times are milliseconds since the epoch. */
export interface SessionData {
  sessionId: string
  /** Loaded messages. */
  messages: Message[]
  /** Number of messages in the whole conversation, loaded or not. */
  messageCount: number
  connectionState: ConnectionStatus
  conversationState: ConversationStatus
  createdAt: number
  /** Time of the last save, or else of the creation. */
  updatedAt: number
}

/** Events of an agent. */
export interface VoiceAgentEvents {
  /** Emitted when a session begins, with its first call or by `createSession()`. */
  sessionCreated: (session: SessionData) => void
  /** Emitted when the restore is complete, including its reconnect. The messages are in the store before that. */
  sessionRestored: (session: SessionData) => void
  /** Emitted when the token has expired and a refresh failed. The session stays stored. */
  sessionExpired: () => void
  /**
   * Emitted for each scheduled attempt, counted from 1, which starts in `delayMs` milliseconds. Both are 0 when the connection goes silent, and
   * when a restored call begins.
   */
  reconnecting: (info: { attempt: number; delayMs: number }) => void
  /** Emitted when a call that was reconnecting is established again. */
  reconnected: () => void
  connectionStateChanged: (status: ConnectionStatus) => void
  conversationStateChanged: (status: ConversationStatus) => void
  /** Emitted for each complete turn: final, or interrupted. Emitted again, with the same id, if a late transcript changes its words. */
  message: (message: Message) => void
  /**
   * Emitted for each message from the agent's server to the app: server messages, responses, UI commands and metrics.
   * (`message` is a turn of the conversation.)
   */
  agentMessage: (message: AgentMessage) => void
  error: (error: VoiceError) => void
  /** Emitted when messages are no longer saved, or not reliably. */
  storageDegraded: (error: VoiceError) => void
  /** Emitted when everything stored was deleted, by this tab or by another one. The state is empty by then. */
  allErased: (info: { isElsewhere: boolean }) => void
  /**
   * Emitted when stored sessions were saved, deleted, imported, opened or released, by this tab or by another one. Changes within 100 ms
   * are combined. Call `listSessions` again to get the new list.
   */
  sessionsChanged: (changed: { sessionIds: string[] }) => void
  /**
   * Emitted when usage of the browser's quota crosses `persistence.warnAtUsage`, and again only after usage has dropped 5 % below it.
   * `usedBytes` includes all data of the origin. Checked when the storage opens, and at most once a minute while it saves.
   */
  storageAlmostFull: (fill: { usedBytes: number; quotaBytes: number }) => void
  /** Emitted when stored sessions were deleted because of their age (`expired`) or a full disk (`quota`). */
  sessionsDeleted: (deleted: { sessionIds: string[]; reason: 'expired' | 'quota' }) => void
}

export interface EventReporter {
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  onHandled(action: UnknownAction, after: VoiceAgentState): void
}

/**
 * Returns the current session as reported by the facades and events.
 *
 * @param now Creation time to report if the state has none. @default 0
 */
export function toSessionData(state: VoiceAgentState, now?: number): SessionData {
  const { session, connection, conversation } = state
  const createdAt = session.createdAt ?? now ?? 0
  return {
    sessionId: session.id ?? '',
    messages: selectAllMessages(conversation),
    messageCount: countMessages(conversation),
    connectionState: connection.status,
    conversationState: conversation.status,
    createdAt,
    updatedAt: session.lastSavedAt ?? createdAt,
  }
}

/** Names of the actions that may end a turn. */
const endsTurns: readonly string[] = [
  'userSpeechStarted',
  'userSpeechStopped',
  'userTranscriptReceived',
  'conversationQuiet',
  'assistantTurnCompleted',
  'assistantTurnInterrupted',
  'connectionLost',
  'connectionReplaced',
  'connectionFailed',
  'connectionClosed',
] satisfies (keyof VoiceAgentActions)[]

type Reporters = {
  [Name in keyof VoiceAgentActions]?: (payload: FactPayload<Name>, after: VoiceAgentState) => void
}

/** Emits events for the changes that an action made to the live state. Time travel dispatches no action, so it emits nothing. */
export function createEventReporter(path: string, { emit }: Emitter<VoiceAgentEvents>): EventReporter {
  let isReconnecting = false

  function reportStates(before: VoiceAgentState, after: VoiceAgentState) {
    const { status, error } = after.connection
    if (status !== before.connection.status) emit('connectionStateChanged', status)
    const talk = after.conversation.status
    if (talk !== before.conversation.status) emit('conversationStateChanged', talk)
    if (error && error !== before.connection.error) emit('error', error)
  }

  function reportReconnecting({ attempt, delayMs } = { attempt: 0, delayMs: 0 }) {
    isReconnecting = true
    emit('reconnecting', { attempt, delayMs })
  }

  /** Reports the turns that this action ended. A turn without words leaves no message. */
  function reportEndedTurns(before: VoiceAgentState, after: VoiceAgentState) {
    const [was, is] = [before.conversation.messages, after.conversation.messages]
    if (was === is) return
    const unchanged = new Set(recentMessages(was))
    for (const message of recentMessages(is)) {
      if (unchanged.has(message) || message.status === 'streaming' || message.tool) continue
      const former = findRecent(was, message.id)
      const isNews = former?.status !== message.status || former.text !== message.text
      if (isNews) emit('message', message)
    }
  }

  function reportReconnected() {
    if (isReconnecting) emit('reconnected')
    isReconnecting = false
  }

  const reporters: Reporters = {
    callBegan({ isRestored }) {
      // The previous call may have been given up while reconnecting. The new one is not a reconnect.
      isReconnecting = false
      if (isRestored) reportReconnecting()
    },
    sessionCreated: ({ at }, after) => emit('sessionCreated', toSessionData(after, at)),
    sessionExpired: () => emit('sessionExpired'),
    restoreSettled({ conversation }, after) {
      if (conversation === 'restored') emit('sessionRestored', toSessionData(after))
    },
    reconnectScheduled: reportReconnecting,
    connectionInterrupted: () => reportReconnecting(),
    connectionEstablished: reportReconnected,
    connectionRecovered: reportReconnected,
    storageStatusChanged({ error }) {
      if (error) emit('storageDegraded', error)
    },
    allErased: (info) => emit('allErased', info),
    agentMessageReceived: (message) => emit('agentMessage', message),
    sessionsDeleted: (deleted) => emit('sessionsDeleted', deleted),
  }

  function onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState) {
    const name = nameOf(path, action)
    reportStates(before, after)
    if (endsTurns.includes(name)) reportEndedTurns(before, after)
    if (!Object.hasOwn(reporters, name)) return
    // The cast is safe: each reporter gets the payload of its own action.
    const report = reporters[name as keyof Reporters] as (payload: unknown, after: VoiceAgentState) => void
    report(action.payload, after)
  }

  /** Reports a typed text, unless the transport has refused it and it was removed. */
  function onHandled(action: UnknownAction, { conversation: { messages } }: VoiceAgentState) {
    if (nameOf(path, action) !== 'sendTextRequested') return
    const { id } = (action as ReturnType<VoiceAgentActions['sendTextRequested']>).payload
    const message = findRecent(messages, id)
    if (message) emit('message', message)
  }

  return { onAction, onHandled }
}
