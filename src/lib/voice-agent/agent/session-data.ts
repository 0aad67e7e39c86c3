import type { VoiceAgentState } from '../../../../store/index.js'
import { selectAllMessages } from '../../../../store/messages.js'
import type { SessionData } from '../options/options.js'

/**
 * Returns the running session as the facades and events report it.
 *
 * @param now Used as the time of the last update of a session that was never saved. @default its creation
 */
export function toSessionData(state: VoiceAgentState, now?: number): SessionData {
  const { session, connection, conversation } = state
  const createdAt = session.createdAt ?? now ?? 0
  return {
    sessionId: session.id ?? '',
    messages: selectAllMessages(conversation),
    messageCount: conversation.firstLoadedIndex + conversation.messages.count,
    connectionState: connection.status,
    conversationState: conversation.status,
    createdAt,
    updatedAt: session.lastSavedAt ?? createdAt,
  }
}
