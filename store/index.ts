export {
  createVoiceAgentActions,
  type Intent,
  isActionOf,
  nameOf,
  type RehydratedSession,
  type RequestMeta,
  type ToolAnswer,
  type VoiceAgentActions,
} from './actions.js'
export {
  type ConnectionState,
  chosenDevices,
  initialConnection,
  isCallWanted,
  isMicrophoneTrouble,
  isTalkMode,
} from './connection.js'
export { type ConnectionQuality, qualityOf, transmissionRating } from './connection-quality.js'
export { joinDrafts, quietTimes } from './conversation.js'
export { type ConversationState, initialConversation, type OpenTurns } from './conversation-state.js'
export { errorCodes, type VoiceErrorCode } from './error-codes.js'
export {
  asVoiceAgentError,
  ERROR_DOCS,
  isProviderCode,
  sessionMissing,
  toVoiceError,
  VoiceAgentError,
  type VoiceError,
} from './errors.js'
export {
  type ContextMessage,
  cutOffMessage,
  giveUpToolCall,
  isOutcomeOpen,
  type Message,
  type MessageRole,
  type MessageStatus,
  type ToolCall,
  type ToolCallStatus,
  toContextMessage,
} from './message.js'
export {
  chunkAt,
  findRecent,
  isTailFull,
  lastOf,
  type MessageLog,
  recentMessages,
  toMessageLog,
} from './message-log.js'
export { findMessage, sortUnsent } from './outbox.js'
export { completeState, createVoiceAgentReducer, initialState, type VoiceAgentState } from './reducer.js'
export {
  connectionQualityOf,
  contextOf,
  countMessages,
  createVoiceAgentSelectors,
  hasEarlierMessages,
  interimOf,
  isMirroring,
  type SessionStats,
  type StateWithAgent,
  selectAllMessages,
  sentMessages,
  sessionStatsOf,
  type VoiceAgentSelectors,
} from './selectors.js'
export { initialSession, type RestoreState, type SessionState } from './session.js'
export {
  differsOnlyInStream,
  type MessageList,
  type SessionHead,
  type SessionSnapshot,
  takeSnapshot,
} from './snapshot.js'
export { initialStats, MAX_SAMPLES, type StatsState } from './stats.js'
export { MAX_TITLE_LENGTH, toTitle, withTitle } from './title.js'
export { findToolCall } from './tool-cases.js'
export type * from './types.js'
export { isUserSpeaking, type UserTurn } from './user-turns.js'
