import { afterEach, expect, it, vi } from 'vitest'
import type { Peer } from '../../../middleware/drivers/call/ports.js'
import { trickle } from '../../../src/lib/voice-agent/transports/trickle.js'

afterEach(() => vi.useRealTimers())

/** A peer that finds candidates on demand. */
function setUp(send: (candidates: unknown[]) => void) {
  vi.useFakeTimers()
  let found: (candidate: RTCIceCandidate | null) => void = () => {}
  const peer = {
    onCandidate(listener: typeof found) {
      found = listener
    },
  } as Peer
  const ended = new AbortController()
  trickle(peer, async (candidates) => send(candidates), ended.signal)
  return { found: (candidate: unknown) => found(candidate as RTCIceCandidate | null), ended }
}

const host = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }

it('sends only real candidates, because a server that rejects the end marker rejects the whole batch with it', async () => {
  const sent: unknown[] = []
  const { found } = setUp((candidates) => sent.push(...candidates))
  found(host)
  // Firefox ends each media section with an empty candidate, and every browser ends the whole with null.
  found({ candidate: '', sdpMid: '0', sdpMLineIndex: 0 })
  found(null)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(sent).toEqual([{ candidate: host.candidate, sdp_mid: '0', sdp_mline_index: 0 }])
  found(null)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(sent).toHaveLength(1)
})

it('leaves no timer and no request behind if the connection is closed before the batch is sent', async () => {
  const send = vi.fn()
  const { found, ended } = setUp(send)
  found(host)
  ended.abort()
  found(host)
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(send).not.toHaveBeenCalled()
})

it('sends the candidates gathered so far without delay, and later ones together', async () => {
  const batches: number[] = []
  const { found } = setUp((candidates) => void batches.push(candidates.length))
  found(host)
  found(host)
  await vi.advanceTimersByTimeAsync(0)
  expect(batches).toEqual([2])
  found(host)
  await vi.advanceTimersByTimeAsync(100)
  found(host)
  await vi.advanceTimersByTimeAsync(200)
  expect(batches).toEqual([2, 2])
})
