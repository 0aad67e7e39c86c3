import { useCallback, useSyncExternalStore } from 'react'
import { getInitialState, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentSource } from './agent-source.js'

/**
 * A part of an agent's state. Renders again only when that part changes.
 *
 * @param selector Gives something that is the same while the state is: a part of it, or a memoised derivation.
 */
export function useAgentState<T>(source: AgentSource, selector: (state: VoiceAgentState) => T): T {
  const getSnapshot = useCallback(() => selector(source.getState()), [source, selector])
  // Whatever a browser has restored by the time it hydrates, the server rendered the beginning.
  const getServerSnapshot = useCallback(() => selector(getInitialState()), [selector])
  return useSyncExternalStore(source.subscribe, getSnapshot, getServerSnapshot)
}
