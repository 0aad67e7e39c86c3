import { useEffect, useRef, useState } from 'react'
import type { SessionState } from '../../../../store/index.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'
import { useBrowserLayoutEffect } from './agent-source.js'

/** Counts the mounted components per agent; the last one to unmount may end the call. */
type MountCounts = WeakMap<WebRTCVoiceAgent, number>

/** True if the state shows another tab's call, which must not end with this tab's app. One that is moving here must. */
const isOfOtherTab = ({ mirror }: SessionState) =>
  mirror !== null && mirror.status !== 'offered' && mirror.status !== 'moving'

async function endCall(agent: WebRTCVoiceAgent): Promise<void> {
  agent.component.setViewGone(true)
  if (!isOfOtherTab(agent.selectors.selectSession(agent.store.getState()))) await agent.disconnect()
}

/** @param endsCall Its value at the time of the unmount counts. */
function useEndCall(agent: WebRTCVoiceAgent | null, endsCall: boolean, counts: MountCounts): void {
  const ends = useRef(endsCall)
  useBrowserLayoutEffect(() => {
    ends.current = endsCall
  }, [endsCall])
  useEffect(() => {
    if (!agent) return
    agent.component.setViewGone(false)
    counts.set(agent, (counts.get(agent) ?? 0) + 1)
    return () => {
      counts.set(agent, (counts.get(agent) ?? 1) - 1)
      // Deferred to the next task, because StrictMode unmounts and remounts within one task.
      setTimeout(() => {
        if (ends.current && counts.get(agent) === 0) void endCall(agent).catch(() => undefined)
      })
    }
  }, [agent, counts])
}

/** Ends the agent's call when this component is unmounted. */
export function useEndCallOnUnmount(agent: WebRTCVoiceAgent | null, endsCall: boolean): void {
  const [counts] = useState<MountCounts>(() => new WeakMap())
  useEndCall(agent, endsCall, counts)
}

/** Shared, because an app may have several React roots. */
const providerCounts: MountCounts = new WeakMap()

/** Ends the agent's call when its last provider is unmounted. */
export function useEndCallWithLastProvider(agent: WebRTCVoiceAgent, endsCall: boolean): void {
  useEndCall(agent, endsCall, providerCounts)
}
