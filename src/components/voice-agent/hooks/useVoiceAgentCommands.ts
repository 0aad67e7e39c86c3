import type { VoiceAssistantCommands } from './commands.js'
import { useAgentSource, type VoiceAssistantConfig } from './useAgentSource.js'

/**
 * Returns a voice agent's commands without its state: a component that only starts or ends calls does not re-render as text streams.
 *
 * @param config See `useWebRTCVoiceAssistant`; not needed inside a `<VoiceAgentProvider>`.
 * @throws VoiceAgentError `invalid-option` without a config or a provider; `not-mounted` if no store contains the agent.
 * @example
 * const { connect } = useVoiceAgentCommands()
 * return <button onClick={connect}>Ask the shop</button>
 */
export function useVoiceAgentCommands(config?: VoiceAssistantConfig): VoiceAssistantCommands {
  return useAgentSource(config).commands
}
