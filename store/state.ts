import { type ConnectionState, initialConnection } from './connection.js'
import { type ConversationState, initialConversation } from './conversation.js'
import { initialSession, type SessionState } from './session.js'
import { initialStats, type StatsState } from './stats.js'

/** State of one agent. */
export interface VoiceAgentState {
  connection: ConnectionState
  conversation: ConversationState
  session: SessionState
  stats: StatsState
}

/** State before any restore or call: for server rendering, and while the reducer is not in the store yet. */
export const initialState: VoiceAgentState = {
  connection: initialConnection,
  conversation: initialConversation,
  session: initialSession,
  stats: initialStats,
}
