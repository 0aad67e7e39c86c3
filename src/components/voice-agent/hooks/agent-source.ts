import {
  createContext,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useInsertionEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { ReactReduxContext } from 'react-redux'
import { initialState, VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { VoiceAgent } from '../../../lib/voice-agent/create-voice-agent.js'
import type { VoiceAgentOptions } from '../../../lib/voice-agent/options/options.js'
import { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'
import { createCommands, type VoiceAssistantCommands } from './commands.js'

/** A voice agent that is mounted in the app's store, or a `WebRTCVoiceAgent` with its own store. */
export type AgentHandle = VoiceAgent | WebRTCVoiceAgent

/** The part of a Redux store needed to read it and subscribe to it. */
interface ReadableStore {
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
function createAgentSource(handle: AgentHandle, providedStore: ReadableStore | null): AgentSource {
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

/**
 * Selects the agent: an existing one (`{ agent }`), or options for one that the component creates on mount and disposes of on
 * unmount. Without a config, the agent comes from the `<VoiceAgentProvider>` above.
 */
export type VoiceAssistantConfig = VoiceAgentOptions | { agent: AgentHandle }

/** The agent of the nearest `<VoiceAgentProvider>`. */
export const VoiceAgentContext = createContext<AgentHandle | null>(null)

/** `useLayoutEffect` without React 18's warning on the server, where no effect runs. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect

/** An agent that a component has created. */
interface CreatedAgent {
  options: VoiceAgentOptions
  agent: WebRTCVoiceAgent
  disposal?: ReturnType<typeof setTimeout>
}

/**
 * Creates an agent in a layout effect, so that it exists before ordinary effects run, and never on the server. An ordinary effect disposes
 * of it, because React cleans up layout effects also when `<Suspense>` hides the component. Its call must then continue.
 */
function useCreatedAgent(
  options: VoiceAgentOptions | null,
  current: RefObject<WebRTCVoiceAgent | null>,
): WebRTCVoiceAgent | null {
  // Keeps the first options, so a parent that re-renders with a new object does not restart the call.
  const [firstOptions, setFirstOptions] = useState(options)
  if ((firstOptions === null) !== (options === null)) setFirstOptions(options)
  const [agent, setAgent] = useState<WebRTCVoiceAgent | null>(null)
  const created = useRef<CreatedAgent | null>(null)
  // React cleans it up before the layout effects of a component that replaces this one, and not when `<Suspense>` hides it.
  useInsertionEffect(() => {
    created.current?.agent.component.setLeaving(false)
    return () => created.current?.agent.component.setLeaving(true)
  }, [])
  useBrowserLayoutEffect(() => {
    if (!firstOptions) return
    if (created.current?.options !== firstOptions)
      created.current = { options: firstOptions, agent: new WebRTCVoiceAgent(firstOptions) }
    current.current = created.current.agent
    setAgent(created.current.agent)
  }, [firstOptions, current])
  useEffect(() => {
    if (!firstOptions) return
    clearTimeout(created.current?.disposal)
    return () => {
      const ended = created.current
      if (!ended) return
      // Deferred to the next task, because StrictMode and Fast Refresh unmount and remount within one task.
      ended.disposal = setTimeout(() => {
        void ended.agent.dispose()
        if (current.current === ended.agent) current.current = null
        if (created.current !== ended) return
        created.current = null
        setAgent(null)
      })
    }
  }, [firstOptions, current])
  return agent
}

/** Resolves a config, or the provider above, to an agent's state and commands. */
export function useAgentSource(config?: VoiceAssistantConfig): {
  source: AgentSource
  commands: VoiceAssistantCommands
} {
  const provided = useContext(VoiceAgentContext)
  const store = useContext(ReactReduxContext)?.store ?? null
  const current = useRef<WebRTCVoiceAgent | null>(null)
  const [commands] = useState(() => createCommands(() => current.current))

  const createsAgent = config !== undefined && !('agent' in config)
  const createdAgent = useCreatedAgent(createsAgent ? config : null, current)
  const existingAgent = createsAgent ? null : (config?.agent ?? provided)
  if (!createsAgent && !existingAgent) {
    throw new VoiceAgentError(
      'invalid-option',
      'No voice agent: render inside <VoiceAgentProvider>, or pass `config` with { agent } or { apiEndpoint }.',
    )
  }
  const handle = createsAgent ? createdAgent : existingAgent
  const source = useMemo(() => (handle ? createAgentSource(handle, store) : pendingSource), [handle, store])
  useBrowserLayoutEffect(() => {
    if (!createsAgent) current.current = source.agent
  }, [createsAgent, source])
  return useMemo(() => ({ source, commands }), [source, commands])
}
