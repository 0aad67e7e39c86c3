import type { ConnectionState } from './connection.js'
import type { ConversationState } from './conversation.js'
import type { SessionState } from './session.js'
import type { StatsState } from './stats.js'

/** State of one agent. */
export interface VoiceAgentState {
  connection: ConnectionState
  conversation: ConversationState
  session: SessionState
  stats: StatsState
}
