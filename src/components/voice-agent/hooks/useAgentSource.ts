import { type RefObject, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { ReactReduxContext } from 'react-redux'
import { VoiceAgentError } from '../../../../store/index.js'
import type { VoiceAgentOptions } from '../../../lib/voice-agent/options/options.js'
import { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'
import { type AgentHandle, type AgentSource, createAgentSource, pendingSource } from './agent-source.js'
import { createCommands, type VoiceAssistantCommands } from './commands.js'
import { VoiceAgentContext } from './voice-agent-context.js'

/**
 * Which agent to show: `{ agent }`, one that exists; options, one of the component's own, made when it mounts and disposed
 * of when it unmounts; nothing, that of the `<VoiceAgentProvider>` above.
 */
export type VoiceAssistantConfig = VoiceAgentOptions | { agent: AgentHandle }

/** React 18 warns of a layout effect on the server, where neither runs. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect

/**
 * An agent of the component's own. Made in a layout effect: before any child's effect can ask for something, and never on
 * the server. StrictMode's first one is disposed of in the same task, before it has begun anything.
 */
function useOwnAgent(
  options: VoiceAgentOptions | null,
  current: RefObject<WebRTCVoiceAgent | null>,
): WebRTCVoiceAgent | null {
  // Read once: a call does not start anew because a parent rendered with another object.
  const [first, setFirst] = useState(options)
  if ((first === null) !== (options === null)) setFirst(options)
  const [agent, setAgent] = useState<WebRTCVoiceAgent | null>(null)
  useBrowserLayoutEffect(() => {
    if (!first) return
    const created = new WebRTCVoiceAgent(first)
    current.current = created
    setAgent(created)
    return () => {
      current.current = null
      setAgent(null)
      void created.dispose()
    }
  }, [first, current])
  return agent
}

/** The agent that a config, or the provider above, stands for: where its state is, and what it can be asked for. */
export function useAgentSource(config?: VoiceAssistantConfig): {
  source: AgentSource
  commands: VoiceAssistantCommands
} {
  const provided = useContext(VoiceAgentContext)
  const store = useContext(ReactReduxContext)?.store ?? null
  const current = useRef<WebRTCVoiceAgent | null>(null)
  const [commands] = useState(() => createCommands(() => current.current))

  const isOwn = config !== undefined && !('agent' in config)
  const own = useOwnAgent(isOwn ? config : null, current)
  const given = isOwn ? null : (config?.agent ?? provided)
  if (!isOwn && !given) {
    throw new VoiceAgentError(
      'invalid-option',
      'No voice agent: pass { apiEndpoint } or { agent }, or render inside <VoiceAgentProvider>.',
    )
  }
  const handle = isOwn ? own : given
  const source = useMemo(() => (handle ? createAgentSource(handle, store) : pendingSource), [handle, store])
  useBrowserLayoutEffect(() => {
    if (!isOwn) current.current = source.agent
  }, [isOwn, source])
  return useMemo(() => ({ source, commands }), [source, commands])
}
