import { useCallback, useSyncExternalStore } from 'react'
import { initialState, VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { VoiceAgent } from '../../../lib/voice-agent/create-voice-agent.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** A voice agent that is mounted in the app's store, or a `WebRTCVoiceAgent` with its own store. */
export type AgentHandle = VoiceAgent | WebRTCVoiceAgent

/** The part of a Redux store needed to read it and subscribe to it. */
export interface ReadableStore {
  getState(): unknown
  subscribe(listener: () => void): () => void
}

/** A view's agent, and access to its state. */
export interface AgentSource {
  /** Null on the server, and until the component has created its agent. */
  agent: WebRTCVoiceAgent | null
  getState: () => VoiceAgentState
  subscribe: (listener: () => void) => () => void
}

/** Used while there is no agent. Its state is the initial one and never changes. */
export const pendingSource: AgentSource = {
  agent: null,
  getState: () => initialState,
  subscribe: () => () => {},
}

function isMounted(handle: AgentHandle): handle is VoiceAgent {
  return 'reducerPath' in handle && 'agent' in handle
}

/** Returns the agent of either kind of handle. @throws VoiceAgentError `invalid-option` */
export function resolveAgent(handle: AgentHandle): WebRTCVoiceAgent {
  const { selectors } = (handle as Partial<AgentHandle> | null | undefined) ?? {}
  if (!selectors)
    throw new VoiceAgentError(
      'invalid-option',
      `agent must be the result of createVoiceAgent; it got ${handle === null ? 'null' : typeof handle}.`,
    )
  return isMounted(handle) ? handle.agent : handle
}

/** Throws if the reducer or the middleware is missing. Otherwise every button would silently do nothing. */
function checkMounted({ agent, reducerPath }: VoiceAgent, store: ReadableStore): void {
  const state = store.getState() as object
  const stateIn = (whole: unknown) => (whole as Record<string, unknown>)[reducerPath]
  if (!(reducerPath in state))
    throw new VoiceAgentError(
      'not-mounted',
      `The store of <Provider> must have voiceAgent.reducer under '${reducerPath}'; it has none.`,
    )
  try {
    // Throws if no store has the agent's middleware. Compares the agent's part only, because an app may wrap its store.
    if (stateIn(agent.store.getState()) === stateIn(state)) return
  } catch (error) {
    if (error instanceof VoiceAgentError && error.code === 'disposed') return
    throw error
  }
  throw new VoiceAgentError(
    'not-mounted',
    'The store of <Provider> must have voiceAgent.middleware; it has none.',
  )
}

/**
 * Reads an agent from its own store, or from the store of react-redux if it is mounted in the app's store.
 * Only react-redux's store notifies subscribers of time travel.
 *
 * @throws VoiceAgentError `not-mounted` if no store contains the agent.
 */
export function createAgentSource(handle: AgentHandle, providedStore: ReadableStore | null): AgentSource {
  const agent = resolveAgent(handle)
  const { selectVoiceAgent } = handle.selectors
  const ownStore = 'subscribe' in agent.store ? (agent.store as ReadableStore) : null
  const store = isMounted(handle) ? providedStore : ownStore
  if (!store) {
    throw new VoiceAgentError(
      'not-mounted',
      providedStore
        ? 'An agent in your store must be passed as voiceAgent; got voiceAgent.agent.'
        : "An agent in your store must be used inside react-redux's <Provider store={store}>; there is none.",
    )
  }
  if (isMounted(handle)) checkMounted(handle, store)
  return {
    agent,
    getState: () => selectVoiceAgent(store.getState()),
    subscribe: (listener) => store.subscribe(listener),
  }
}

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
