import { createVoiceAgentSelectors, type VoiceAgentState } from '../../../store/index.js'
import type { SessionData } from './options.js'

const selectors = /* @__PURE__ */ createVoiceAgentSelectors('voiceAgent')

/**
 * The running session as the facades and events give it.
 *
 * @param now Taken as the time of the last update of a session that was never saved. @default its creation
 */
export function toSessionData(state: VoiceAgentState, now?: number): SessionData {
  const { session, connection, conversation } = state
  const createdAt = session.createdAt ?? now ?? 0
  return {
    sessionId: session.id ?? '',
    messages: selectors.selectMessages({ voiceAgent: state }),
    messageCount: selectors.selectMessageCount({ voiceAgent: state }),
    connectionState: connection.status,
    conversationState: conversation.status,
    createdAt,
    updatedAt: session.lastSavedAt ?? createdAt,
  }
}
