import { type ConnectionQuality, connectionQualityOf } from '../../../../store/index.js'
import type { AgentHandle } from './agent-source.js'
import { useAgentSource } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

/**
 * Rates the connection by ITU-T's E-model over the last five seconds: `excellent`, `good` or `poor`; `lost` while the agent reconnects.
 * Null without a call, and until the first measurement.
 *
 * @param config The agent; by default that of the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without config and provider.
 */
export function useConnectionQuality(config?: { agent: AgentHandle }): ConnectionQuality | null {
  return useAgentState(useAgentSource(config).source, connectionQualityOf)
}
