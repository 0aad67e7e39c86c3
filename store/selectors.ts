import { createSelector } from '@reduxjs/toolkit'
import { isCallWanted } from './connection.js'
import { type ConnectionQuality, qualityOf } from './connection-quality.js'
import type { ConversationState } from './conversation.js'
import { getInitialState } from './initial-state.js'
import { type ContextMessage, type Message, settleMessage, toContextMessage } from './message.js'
import { selectAllMessages } from './messages.js'
import type { VoiceAgentState } from './state.js'

/** Whether messages before the loaded ones can be loaded. What was lost among them is counted, but never will be. */
export function hasEarlierMessages({
  conversation,
  session,
}: Pick<VoiceAgentState, 'conversation' | 'session'>): boolean {
  const lost = session.restore.lost.reduce((sum, { count }) => sum + count, 0)
  return conversation.firstLoadedIndex > lost
}

/** How good the connection is: while it is being got back, it is lost. Null without a call, and until it is known. */
export function connectionQualityOf({ connection, stats }: VoiceAgentState): ConnectionQuality | null {
  if (connection.status === 'reconnecting') return 'lost'
  return connection.status === 'connected' ? qualityOf(stats.network) : null
}

/** The last `count` messages as a reconnecting agent is told of them, partial ones settled. */
export function contextOf(conversation: ConversationState, count: number): ContextMessage[] {
  if (count <= 0) return []
  return selectAllMessages(conversation)
    .slice(-count)
    .filter(({ isUnsent }) => !isUnsent)
    .map((message) => toContextMessage(settleMessage(message)))
    .filter((message) => message.text !== '')
}

/** Figures of the running session; see the specification, "Session Statistics". */
export interface SessionStats {
  /** Whether a call is established. */
  isActive: boolean
  sessionId: string | null
  /** Of the whole conversation, whether loaded or not. */
  messageCount: number
  /** Milliseconds from the session's first call until its last one ended, or until now. */
  duration: number
  reconnectAttempts: number
  /** Milliseconds; 0 when it has expired, null when there is no token. */
  tokenExpiresIn: number | null
}

/**
 * The selectors of one voice agent. Each takes the store's whole state; before the reducer is in it, nothing has happened.
 *
 * @example
 * const messages = useSelector(voiceAgent.selectors.selectMessages)
 */
export function createVoiceAgentSelectors(path: string) {
  // Time travel may show a moment before the reducer was injected.
  const selectVoiceAgent = (state: unknown) =>
    (state as Record<string, VoiceAgentState | undefined>)[path] ?? getInitialState()
  const selectConnection = (state: unknown) => selectVoiceAgent(state).connection
  const selectConversation = (state: unknown) => selectVoiceAgent(state).conversation
  const selectSession = (state: unknown) => selectVoiceAgent(state).session
  const selectStats = (state: unknown) => selectVoiceAgent(state).stats

  const selectMessages = (state: unknown): Message[] => selectAllMessages(selectConversation(state))
  const selectMessageCount = (state: unknown) => {
    const { firstLoadedIndex, messages } = selectConversation(state)
    return firstLoadedIndex + messages.count
  }

  return {
    selectVoiceAgent,
    selectConnection,
    selectConversation,
    selectSession,
    selectStats,
    selectConnectionStatus: (state: unknown) => selectConnection(state).status,
    selectConversationStatus: (state: unknown) => selectConversation(state).status,
    selectInterimTranscript: (state: unknown) => selectConversation(state).interim,
    selectMessages,
    selectMessageCount,
    /** Stored messages that can still be loaded: those that were lost never can. */
    selectHasEarlierMessages: (state: unknown) => hasEarlierMessages(selectVoiceAgent(state)),
    selectRestore: (state: unknown) => selectSession(state).restore,
    selectIsSessionRestored: (state: unknown) => selectSession(state).restore.conversation === 'restored',
    selectIsCallWanted: (state: unknown) => isCallWanted(selectConnection(state).status),
    /** How good the connection is, by its last five seconds; null while there is none, and until it is known. */
    selectConnectionQuality: (state: unknown) => connectionQualityOf(selectVoiceAgent(state)),
    /** The call's error, else the session's. */
    selectError: createSelector(
      [selectConnection, selectSession],
      (connection, session) => connection.error ?? session.error,
    ),
    /** The last `count` messages as a reconnecting agent is told of them, partial ones settled. */
    selectContext: createSelector([selectConversation, (_state: unknown, count: number) => count], contextOf),
    /** @param now Milliseconds since the epoch: a selector has no clock of its own. */
    selectSessionStats: createSelector(
      [selectVoiceAgent, (_state: unknown, now: number) => now],
      ({ connection, conversation, session, stats }, now): SessionStats => {
        const { startedAt, endedAt, interruptedAt, reconnectAttempts } = stats
        const { id, tokenExpiresAt } = session
        return {
          isActive: connection.status === 'connected',
          sessionId: id,
          messageCount: conversation.firstLoadedIndex + conversation.messages.count,
          duration: startedAt === null ? 0 : Math.max(0, (endedAt ?? interruptedAt ?? now) - startedAt),
          reconnectAttempts,
          tokenExpiresIn: tokenExpiresAt === null ? null : Math.max(0, tokenExpiresAt - now),
        }
      },
    ),
  }
}

/** The selectors of one voice agent. */
export type VoiceAgentSelectors = ReturnType<typeof createVoiceAgentSelectors>
