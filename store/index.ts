export {
  createVoiceAgentActions,
  isActionOf,
  type RehydratedSession,
  type ToolAnswer,
  type VoiceAgentActions,
} from './actions.js'
export { type ConnectionState, initialConnection, isCallWanted } from './connection.js'
export { type ConversationState, type InterimTranscript, initialConversation } from './conversation.js'
export { toVoiceError, VoiceAgentError, type VoiceError, type VoiceErrorCode } from './errors.js'
export {
  type ContextMessage,
  type Message,
  type MessageRole,
  type MessageStatus,
  settleMessage,
  type ToolCall,
  toContextMessage,
} from './message.js'
export {
  chunkAt,
  findRecent,
  isTailFull,
  lastMessage,
  listOf,
  type MessageList,
  type MessageLog,
} from './message-log.js'
export { createVoiceAgentReducer, type VoiceAgentState } from './reducer.js'
export {
  createVoiceAgentSelectors,
  hasEarlierMessages,
  type SessionStats,
  type VoiceAgentSelectors,
} from './selectors.js'
export { initialSession, type RestoreState, type SessionState } from './session.js'
export {
  differsOnlyInStreamingText,
  type SessionHead,
  type SessionSnapshot,
  takeSnapshot,
} from './snapshot.js'
export { initialStats, type StatsState } from './stats.js'
export type * from './types.js'
