import { useCallback, useSyncExternalStore } from 'react'
import { initialState, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentSource } from './agent-source.js'

/**
 * Selects a part of an agent's state. Re-renders only when that part changes.
 *
 * @param selector Must return the same value for the same state: a part of the state, or a memoized derivation.
 */
export function useAgentState<T>(source: AgentSource, selector: (state: VoiceAgentState) => T): T {
  const getSnapshot = useCallback(() => selector(source.getState()), [source, selector])
  // The server rendered the initial state, even if the browser restores a conversation before hydration.
  const getServerSnapshot = useCallback(() => selector(initialState), [selector])
  return useSyncExternalStore(source.subscribe, getSnapshot, getServerSnapshot)
}
