import { type ConnectionQuality, connectionQualityOf } from '../../../../store/index.js'
import type { AgentHandle } from './agent-source.js'
import { useAgentSource } from './useAgentSource.js'
import { useAgentState } from './useAgentState.js'

/**
 * How good the connection is, by ITU-T's E-model over the last five seconds: `excellent`, `good`, `poor`, or `lost`, while it is being got
 * back. Null without a call, and until something has been measured.
 *
 * @param config Whose; by default that of the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without config and provider.
 */
export function useConnectionQuality(config?: { agent: AgentHandle }): ConnectionQuality | null {
  return useAgentState(useAgentSource(config).source, connectionQualityOf)
}
