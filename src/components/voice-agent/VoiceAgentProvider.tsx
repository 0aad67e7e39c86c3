import type { ReactNode } from 'react'
import type { AgentHandle } from './hooks/agent-source.js'
import { VoiceAgentContext } from './hooks/voice-agent-context.js'

export interface VoiceAgentProviderProps {
  /** From `createVoiceAgent`, mounted in the store that react-redux's `<Provider>` above provides; or a `WebRTCVoiceAgent`. */
  agent: AgentHandle
  children?: ReactNode
}

/**
 * Says which voice agent the hooks and components below talk to. It starts and ends nothing: a call goes on while the
 * components that show it come and go.
 *
 * @example
 * <Provider store={store}>
 *   <VoiceAgentProvider agent={voiceAgent}>
 *     <Shop />
 *     <WebRTCVoiceAssistant />
 *   </VoiceAgentProvider>
 * </Provider>
 */
export function VoiceAgentProvider({ agent, children }: VoiceAgentProviderProps) {
  return <VoiceAgentContext.Provider value={agent}>{children}</VoiceAgentContext.Provider>
}
