import {
  createContext,
  type RefObject,
  useContext,
  useEffect,
  useInsertionEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { ReactReduxContext } from 'react-redux'
import { VoiceAgentError } from '../../../../store/index.js'
import type { VoiceAgentOptions } from '../../../lib/voice-agent/options/options.js'
import { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'
import { type AgentHandle, type AgentSource, createAgentSource, pendingSource } from './agent-source.js'
import { createCommands, type VoiceAssistantCommands } from './commands.js'

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
      'No voice agent: render inside <VoiceAgentProvider>, or pass { agent } or { apiEndpoint }.',
    )
  }
  const handle = createsAgent ? createdAgent : existingAgent
  const source = useMemo(() => (handle ? createAgentSource(handle, store) : pendingSource), [handle, store])
  useBrowserLayoutEffect(() => {
    if (!createsAgent) current.current = source.agent
  }, [createsAgent, source])
  return useMemo(() => ({ source, commands }), [source, commands])
}
