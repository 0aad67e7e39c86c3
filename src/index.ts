/**
 * redux-voice-agent: voice conversations with an AI agent in Redux that survive a reload.
 *
 * @packageDocumentation
 */

export type { BuildContext, ContextRequest } from '../middleware/drivers/call/context.js'
export {
  createReconnectPolicy,
  type ReconnectAttempt,
  type ReconnectPolicy,
  type ReconnectPolicyOptions,
} from '../middleware/drivers/call/reconnect-policy.js'
export type {
  FileOptions,
  FoundMessage,
  KeyReport,
  ListOptions,
  ReadOnlySession,
  ReadOnlySnapshot,
  RepairReport,
  RestoreDepth,
  SearchOptions,
  SessionSummary,
  StorageOrphan,
  StorageReport,
  StorageUsage,
  StoredSessionReport,
  UsageOptions,
} from '../middleware/drivers/storage/ports.js'
export type {
  AgentToken,
  TokenRefreshCallback,
  TokenRefreshRequest,
} from '../middleware/drivers/token/ports.js'
export type { AnyVoiceTool, ToolContext, VoiceTool, VoiceTools } from '../middleware/drivers/tools/ports.js'
export type {
  SchemaIssue,
  SchemaResult,
  StandardSchema,
} from '../middleware/drivers/tools/standard-schema.js'
export type { RestoreOutcome } from '../middleware/index.js'
export {
  type AgentContinuation,
  type AgentMessage,
  type AgentMessageKind,
  type AudioDeviceKind,
  type ChosenDevices,
  type ConnectionQuality,
  type ConnectionState,
  type ConnectionStatus,
  type ContextMessage,
  type ConversationState,
  type ConversationStatus,
  type DeviceFallback,
  type KeyProtection,
  type LostMessages,
  type Message,
  type MessageLog,
  type MessageRole,
  type MessageStatus,
  type MicrophoneState,
  type MicrophoneTrouble,
  type MirrorState,
  type MirrorStatus,
  type NetworkSample,
  type OpenTurns,
  type PlaybackState,
  type RehydratedSession,
  type RestorePhase,
  type RestoreReason,
  type RestoreState,
  type SessionState,
  type SessionStats,
  type StateWithAgent,
  type StatsState,
  type StorageStatus,
  type TalkMode,
  type ToolAnswer,
  type ToolCall,
  type ToolCallStatus,
  type UserTurn,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
  type VoiceError,
  type VoiceErrorCode,
} from '../store/index.js'
export type { SessionData, VoiceAgentEvents } from './lib/voice-agent/agent/agent-events.js'
export type {
  AudioDevice,
  AudioDeviceList,
  AudioDevices,
} from './lib/voice-agent/audio/audio-devices.js'
export type { AudioLevel, AudioSource } from './lib/voice-agent/audio/audio-level.js'
export type { OpenMicrophone } from './lib/voice-agent/audio/microphone.js'
export type { CallCheckStep } from './lib/voice-agent/check/call-check.js'
export { createVoiceAgent, type VoiceAgent } from './lib/voice-agent/create-voice-agent.js'
export {
  EnhancedSessionManager,
  type SessionEventCallbacks,
} from './lib/voice-agent/enhanced-session-manager.js'
export type {
  PersistenceOptions,
  VoiceAgentOptions,
} from './lib/voice-agent/options/options.js'
export type { OnQuotaExceeded, QuotaCandidate } from './lib/voice-agent/storage/sessions/make-room.js'
export { type AgentStore, WebRTCVoiceAgent } from './lib/voice-agent/webrtc/main.js'
