import { useEffect, useState } from 'react'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** Of each agent, how many components are mounted of those that end its call when the last of them goes. */
type Mounted = WeakMap<WebRTCVoiceAgent, number>

function useEndCall(agent: WebRTCVoiceAgent | null, mounted: Mounted): void {
  useEffect(() => {
    if (!agent) return
    mounted.set(agent, (mounted.get(agent) ?? 0) + 1)
    return () => {
      mounted.set(agent, (mounted.get(agent) ?? 1) - 1)
      // StrictMode unmounts and mounts again within one task: that is nobody leaving.
      setTimeout(() => {
        if (mounted.get(agent) === 0) void agent.disconnect().catch(() => undefined)
      })
    }
  }, [agent, mounted])
}

/** Ends the agent's call when this component is unmounted. */
export function useEndCallOnUnmount(agent: WebRTCVoiceAgent | null): void {
  const [mounted] = useState<Mounted>(() => new WeakMap())
  useEndCall(agent, mounted)
}

/** One app may have several React roots. */
const providers: Mounted = new WeakMap()

/** Ends the agent's call when the last provider of it is unmounted. */
export function useEndCallWithApp(agent: WebRTCVoiceAgent | null): void {
  useEndCall(agent, providers)
}
