import type { VoiceAssistantCommands } from './commands.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'

/**
 * Returns the commands of a voice agent, without its state: a component that only starts or ends calls does not render as text streams.
 *
 * @param config See `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without config and provider; `not-mounted` if no store contains the agent.
 * @example
 * const { connect } = useVoiceAgentCommands()
 * return <button onClick={connect}>Ask the shop</button>
 */
export function useVoiceAgentCommands(config?: VoiceAssistantConfig): VoiceAssistantCommands {
  return useAgentSource(config).commands
}
