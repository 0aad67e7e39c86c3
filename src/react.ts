/**
 * React: the assistant as a component, and as a hook to build another one with. Needs `react` 18.2 or 19, and `react-redux`.
 *
 * @packageDocumentation
 */

export type { AnnounceTurns } from './components/voice-agent/announcements.js'
export { defaultTexts } from './components/voice-agent/english.js'
export type { Figure } from './components/voice-agent/figures.js'
export type { AgentHandle } from './components/voice-agent/hooks/agent-source.js'
export type { VoiceAssistantCommands } from './components/voice-agent/hooks/commands.js'
export type { VoiceAssistantConfig } from './components/voice-agent/hooks/useAgentSource.js'
export {
  type ChosenAudioDevices,
  useAudioDevices,
} from './components/voice-agent/hooks/useAudioDevices.js'
export { useAudioLevel } from './components/voice-agent/hooks/useAudioLevel.js'
export { useConnectionQuality } from './components/voice-agent/hooks/useConnectionQuality.js'
export {
  useWebRTCVoiceAssistant,
  type VoiceAssistant,
} from './components/voice-agent/hooks/useWebRTCVoiceAssistant.js'
export type { StatusKind } from './components/voice-agent/status.js'
export type { VoiceAssistantTexts } from './components/voice-agent/texts.js'
export {
  VoiceAgentProvider,
  type VoiceAgentProviderProps,
} from './components/voice-agent/VoiceAgentProvider.js'
export {
  WebRTCVoiceAssistant,
  type WebRTCVoiceAssistantProps,
} from './components/voice-agent/WebRTCVoiceAssistant.js'
