import { useEffect } from 'react'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** Of each agent, how many of what shows it are mounted: one app may have several React roots. */
const mounted = new WeakMap<WebRTCVoiceAgent, number>()

function leave(agent: WebRTCVoiceAgent): void {
  const left = (mounted.get(agent) ?? 1) - 1
  mounted.set(agent, left)
  if (left > 0) return
  // StrictMode unmounts and mounts again within one task: that is nobody leaving.
  setTimeout(() => {
    if (mounted.get(agent) === 0) void agent.disconnect().catch(() => undefined)
  })
}

/** Ends the agent's call when the last component that uses this, for the same agent, is unmounted. */
export function useEndCallOnUnmount(agent: WebRTCVoiceAgent | null): void {
  useEffect(() => {
    if (!agent) return
    mounted.set(agent, (mounted.get(agent) ?? 0) + 1)
    return () => leave(agent)
  }, [agent])
}
