import { getInitialState, VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { VoiceAgent } from '../../../lib/voice-agent/create-voice-agent.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** A voice agent to talk through: one mounted in the app's store, or a `WebRTCVoiceAgent` with a store of its own. */
export type AgentHandle = VoiceAgent | WebRTCVoiceAgent

/** What of a Redux store is needed to follow it. */
export interface ReadableStore {
  getState(): unknown
  subscribe(listener: () => void): () => void
}

/** Where a view gets an agent's state from, and whom it asks for things. */
export interface AgentSource {
  /** Null on the server, and until an agent of the component's own has been made. */
  agent: WebRTCVoiceAgent | null
  getState: () => VoiceAgentState
  subscribe: (listener: () => void) => () => void
}

/** Before there is an agent, and for what follows none: nothing ever happens in it. */
export const pendingSource: AgentSource = {
  agent: null,
  getState: getInitialState,
  subscribe: () => () => {},
}

function isReadable(store: object): store is ReadableStore {
  return 'subscribe' in store
}

function isMounted(handle: AgentHandle): handle is VoiceAgent {
  return 'reducerPath' in handle && 'agent' in handle
}

/** The agent itself, however it is mounted. */
export function agentOf(handle: AgentHandle): WebRTCVoiceAgent {
  return isMounted(handle) ? handle.agent : handle
}

/** Without one of the two every button would do nothing, and nobody would say why. */
function checkMounted({ agent, reducerPath }: VoiceAgent, store: ReadableStore): void {
  if (!(reducerPath in (store.getState() as object))) throw new VoiceAgentError('not-mounted')
  try {
    // Asks by way of its middleware.
    agent.store.getState()
  } catch (error) {
    const isDisposed = error instanceof VoiceAgentError && error.code === 'disposed'
    if (!isDisposed) throw error
  }
}

/**
 * Follows an agent in its own store or, mounted in the app's, in the one that react-redux provides: only that one is
 * told of a time travel.
 *
 * @throws VoiceAgentError `not-mounted` when the agent is in no store that can be followed.
 */
export function createAgentSource(handle: AgentHandle, providedStore: ReadableStore | null): AgentSource {
  const agent = agentOf(handle)
  const { selectVoiceAgent } = handle.selectors
  const store = isMounted(handle) ? providedStore : ownStoreOf(agent)
  if (!store) {
    throw new VoiceAgentError(
      'not-mounted',
      "No store to follow the voice agent in: render inside react-redux's <Provider> of the store it is mounted in.",
    )
  }
  if (isMounted(handle)) checkMounted(handle, store)
  return {
    agent,
    getState: () => selectVoiceAgent(store.getState()),
    subscribe: (listener) => store.subscribe(listener),
  }
}

function ownStoreOf(agent: WebRTCVoiceAgent): ReadableStore | null {
  return isReadable(agent.store) ? agent.store : null
}
