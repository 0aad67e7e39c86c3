import type { ReactNode } from 'react'
import { type AgentHandle, resolveAgent, VoiceAgentContext } from './hooks/agent-source.js'
import { useEndCallWithLastProvider } from './hooks/useEndCallOnUnmount.js'

/** Props of {@link VoiceAgentProvider}. */
export interface VoiceAgentProviderProps {
  /** The result of `createVoiceAgent`, mounted in the store of react-redux's `<Provider>` above, or a `WebRTCVoiceAgent`. */
  agent: AgentHandle
  /** Ends the call when the last provider of the agent is unmounted. @default true */
  endCallOnUnmount?: boolean
  children?: ReactNode
}

/**
 * Provides a voice agent to the hooks and components below. Put it around the app, outside its routes.
 * The call then survives components mounting and unmounting, and ends with the app. The conversation and the agent stay.
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
  useEndCallWithLastProvider(resolveAgent(agent), endCallOnUnmount)
  return <VoiceAgentContext.Provider value={agent}>{children}</VoiceAgentContext.Provider>
}
