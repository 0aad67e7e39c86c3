import { type ConnectionQuality, connectionQualityOf } from '../../../../store/index.js'
import type { AgentHandle } from './agent-source.js'
import { useAgentSource } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

/**
 * Rates the connection with ITU-T's E-model over the last five seconds: `excellent`, `good` or `poor`; `lost` while the agent reconnects.
 * Null without a call, and until the first measurement.
 *
 * @param config The agent; by default the one from the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without a config or a provider.
 */
export function useConnectionQuality(config?: { agent: AgentHandle }): ConnectionQuality | null {
  return useAgentState(useAgentSource(config).source, connectionQualityOf)
}
