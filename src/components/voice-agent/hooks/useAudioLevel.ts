import { useCallback, useSyncExternalStore } from 'react'
import type { AudioSource } from '../../../lib/voice-agent/audio/audio-level.js'
import type { AgentHandle } from './agent-source.js'
import { useAgentSource } from './useAgentSource.js'

/**
 * Returns how loud a voice is, from 0, silence (−60 dBFS and below), to 1, full scale. Re-renders when the level changes, up to
 * 16 times a second; to draw without rendering, subscribe to `agent.audioLevel(source)`. The level is measured only during a call,
 * while the page is visible and a component uses it.
 *
 * @param config The agent; by default the one from the `<VoiceAgentProvider>` above.
 * @throws VoiceAgentError `invalid-option` without a config or a provider.
 * @example const level = useAudioLevel('agent')
 */
export function useAudioLevel(source: AudioSource, config?: { agent: AgentHandle }): number {
  const { agent } = useAgentSource(config).source
  const level = agent?.audioLevel(source)
  const subscribe = useCallback((listener: () => void) => level?.subscribe(listener) ?? (() => {}), [level])
  return useSyncExternalStore(
    subscribe,
    () => level?.get() ?? 0,
    () => 0,
  )
}
