import { afterEach, expect, it, vi } from 'vitest'
import type { Peer } from '../../../middleware/webrtc/ports.js'
import { trickle } from '../../../src/lib/voice-agent/transports/small-webrtc/trickle.js'

afterEach(() => vi.useRealTimers())

it('sends real candidates only: a server that takes no mark of the end refuses the whole batch with it', async () => {
  vi.useFakeTimers()
  let found: (candidate: RTCIceCandidate | null) => void = () => {}
  const peer = {
    onCandidate(listener: typeof found) {
      found = listener
    },
  } as Peer
  const sent: unknown[] = []
  trickle(peer, async (candidates) => sent.push(...candidates))
  const host = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }
  found(host as RTCIceCandidate)
  // Firefox ends each media line with an empty candidate, and every browser the whole with null.
  found({ candidate: '', sdpMid: '0', sdpMLineIndex: 0 } as RTCIceCandidate)
  found(null)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(sent).toEqual([{ candidate: host.candidate, sdp_mid: '0', sdp_mline_index: 0 }])
  found(null)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(sent).toHaveLength(1)
})
