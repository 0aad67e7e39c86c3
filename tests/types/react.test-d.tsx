/** The hook, the provider and the component of `redux-voice-agent/react`. */
import {
  type ConnectionStatus,
  type ConversationStatus,
  createVoiceAgent,
  type Message,
  type MirrorState,
  type RestoreOutcome,
  type SessionStats,
  type StorageStatus,
  type VoiceAgentOptions,
  type VoiceError,
} from 'redux-voice-agent'
import {
  type AgentHandle,
  useWebRTCVoiceAssistant,
  VoiceAgentProvider,
  type VoiceAssistant,
  type VoiceAssistantConfig,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { expectTypeOf } from 'vitest'

const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })

// Options for a new agent, or an existing agent; nothing inside a provider.
expectTypeOf<VoiceAssistantConfig>().toEqualTypeOf<VoiceAgentOptions | { agent: AgentHandle }>()
expectTypeOf(useWebRTCVoiceAssistant).returns.toEqualTypeOf<VoiceAssistant>()
export function useExamples() {
  useWebRTCVoiceAssistant({ apiEndpoint: '/api/voice-agent', autoReconnect: 'never' })
  useWebRTCVoiceAssistant({ agent: voiceAgent })
  useWebRTCVoiceAssistant({ agent: voiceAgent.agent })
  useWebRTCVoiceAssistant()
  // @ts-expect-error
  useWebRTCVoiceAssistant({})
  // @ts-expect-error
  useWebRTCVoiceAssistant({ agent: voiceAgent.sessionManager })
}

// Documented members; there may be more.
expectTypeOf<VoiceAssistant>().toExtend<{
  connectionState: ConnectionStatus
  conversationState: ConversationStatus
  messages: readonly Message[]
  interimTranscript: Message | null
  draft: string
  isSessionRestored: boolean
  restoration: RestoreOutcome & { restoredCount: number }
  sessionStats: SessionStats
  error: VoiceError | null
  isMuted: boolean
  isPlaybackBlocked: boolean
  storageStatus: StorageStatus
  mirror: MirrorState | null
  hasEarlierMessages: boolean
  connect: () => Promise<void>
  disconnect: () => Promise<void>
  sendText: (text: string) => void
  setDraft: (text: string) => void
  interrupt: () => void
  mute: () => void
  unmute: () => void
  resumePlayback: () => void
  newSession: () => Promise<void>
  loadEarlierMessages: () => Promise<void>
}>()

export const examples = [
  <VoiceAgentProvider key="provided" agent={voiceAgent}>
    <WebRTCVoiceAssistant />
  </VoiceAgentProvider>,
  <WebRTCVoiceAssistant key="own" config={{ apiEndpoint: '/api/voice-agent' }} theme="dark" />,
  <WebRTCVoiceAssistant key="texts" config={{ agent: voiceAgent }} texts={{ title: 'Ask' }} />,
  // @ts-expect-error A provider needs an agent.
  <VoiceAgentProvider key="empty" />,
  // @ts-expect-error
  <VoiceAgentProvider key="manager" agent={voiceAgent.sessionManager} />,
  // @ts-expect-error
  <WebRTCVoiceAssistant key="theme" theme="blue" />,
  // @ts-expect-error There is no such text.
  <WebRTCVoiceAssistant key="text" texts={{ headline: 'Ask' }} />,
]
