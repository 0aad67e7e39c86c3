import type { ReactNode } from 'react'
import { type AgentHandle, agentOf } from './hooks/agent-source.js'
import { useEndCallWithApp } from './hooks/useEndCallOnUnmount.js'
import { VoiceAgentContext } from './hooks/voice-agent-context.js'

export interface VoiceAgentProviderProps {
  /** From `createVoiceAgent`, mounted in the store that react-redux's `<Provider>` above provides; or a `WebRTCVoiceAgent`. */
  agent: AgentHandle
  /** Whether the call ends when this, and every other provider of the same agent, is unmounted. @default true */
  endCallOnUnmount?: boolean
  children?: ReactNode
}

/**
 * Says which voice agent the hooks and components below talk to. It belongs around the app, outside of its routes: a call goes on
 * while the components that show it come and go, and ends with the app. What was said stays, and so does the agent.
 *
 * @example
 * <Provider store={store}>
 *   <VoiceAgentProvider agent={voiceAgent}>
 *     <Shop />
 *     <WebRTCVoiceAssistant />
 *   </VoiceAgentProvider>
 * </Provider>
 */
export function VoiceAgentProvider({ agent, endCallOnUnmount = true, children }: VoiceAgentProviderProps) {
  useEndCallWithApp(endCallOnUnmount ? agentOf(agent) : null)
  return <VoiceAgentContext.Provider value={agent}>{children}</VoiceAgentContext.Provider>
}
