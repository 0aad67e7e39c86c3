/**
 * React: the assistant as a component, its parts, and hooks to build your own. Needs `react` 18.2 or 19, and `react-redux`. It is a
 * client module for frameworks with server components, such as Next.js, whose pages can render the components.
 *
 * @packageDocumentation
 */
'use client'

export type { Figure } from './components/voice-agent/format/numbers.js'
export {
  type Outbox,
  useAudioLevel,
  useConnectionQuality,
  useMessages,
  useOutbox,
  useVoiceAgentCommands,
} from './components/voice-agent/hooks/agent-hooks.js'
export type { AgentHandle, VoiceAssistantConfig } from './components/voice-agent/hooks/agent-source.js'
export type { VoiceAssistantCommands } from './components/voice-agent/hooks/commands.js'
export {
  type ChosenAudioDevices,
  useAudioDevices,
} from './components/voice-agent/hooks/useAudioDevices.js'
export {
  type StoredConversations,
  useStoredConversations,
} from './components/voice-agent/hooks/useStoredConversations.js'
export {
  useWebRTCVoiceAssistant,
  type VoiceAssistant,
} from './components/voice-agent/hooks/useWebRTCVoiceAssistant.js'
export type { Announcements, AnnounceTurns } from './components/voice-agent/notices/announcement-scope.js'
export { NoticeSlot as VoiceAssistantNotice } from './components/voice-agent/notices/NoticeSlot.js'
export { CallCheck as VoiceAssistantCallCheck } from './components/voice-agent/parts/CallCheck.js'
export { Captions as VoiceAssistantCaptions } from './components/voice-agent/parts/Captions.js'
export {
  Composer as VoiceAssistantComposer,
  type ComposerProps,
} from './components/voice-agent/parts/Composer.js'
export { Controls as VoiceAssistantControls } from './components/voice-agent/parts/Controls.js'
export { ConversationsButton as VoiceAssistantConversationsButton } from './components/voice-agent/parts/Conversations.js'
export { Dock as VoiceAssistantDock } from './components/voice-agent/parts/Dock.js'
export { Header as VoiceAssistantHeader } from './components/voice-agent/parts/Header.js'
export { PictureInPicture as VoiceAssistantPictureInPicture } from './components/voice-agent/parts/PictureInPicture.js'
export { preloadVoiceAssistant } from './components/voice-agent/parts/panel-code.js'
export { Sheet as VoiceAssistantSheet } from './components/voice-agent/parts/Sheet.js'
export {
  Statistics as VoiceAssistantStatistics,
  StatisticsButton as VoiceAssistantStatisticsButton,
} from './components/voice-agent/parts/Statistics.js'
export { Status as VoiceAssistantStatus } from './components/voice-agent/parts/Status.js'
export { TalkButton as VoiceAssistantTalkButton } from './components/voice-agent/parts/TalkButton.js'
export { Transcript as VoiceAssistantTranscript } from './components/voice-agent/parts/Transcript.js'
export type { PartProps, VoiceAssistantSlots } from './components/voice-agent/parts/view-context.js'
export type { StatusKind } from './components/voice-agent/selectors.js'
export type { VoiceAssistantTexts } from './components/voice-agent/texts/types.js'
export { GrowingText as VoiceAssistantText } from './components/voice-agent/transcript/MessageArticle.js'
export {
  VoiceAgentProvider,
  type VoiceAgentProviderProps,
} from './components/voice-agent/VoiceAgentProvider.js'
export {
  VoiceAssistantRoot,
  type VoiceAssistantRootProps,
} from './components/voice-agent/VoiceAssistantRoot.js'
export {
  WebRTCVoiceAssistant,
  type WebRTCVoiceAssistantProps,
} from './components/voice-agent/WebRTCVoiceAssistant.js'
export type { CallWarning } from './components/voice-agent/watch/warnings.js'
