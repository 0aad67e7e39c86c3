import { RpcError } from 'livekit-client'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { ConnectRequest } from '../../../../middleware/drivers/call/ports.js'
import { createLiveKitTransport } from '../../../../src/lib/voice-agent/transports/livekit/index.js'
import { createLiveKitDouble, FakeAudioContext } from './livekit-double.js'

beforeAll(() => void vi.stubGlobal('AudioContext', FakeAudioContext))
afterAll(() => void vi.unstubAllGlobals())

/** An agent whose method calls are answered by `answer`. */
function setUp(answer: (payload: string) => string) {
  const double = createLiveKitDouble()
  const payloads: { context: { text: string }[] }[] = []
  const events: TransportEvent[] = []
  double.onRpc = (_method, payload) => {
    payloads.push(JSON.parse(payload))
    return answer(payload)
  }
  const transport = createLiveKitTransport(
    { serverUrl: 'wss://livekit.test' },
    double.load,
  )({
    apiEndpoint: '/api',
    emit: (event) => void events.push(event),
    memo: { get: () => null, set() {} },
    openPeer: () => Promise.reject(new Error('LiveKit has peers of its own.')),
    getToken: async () => 'token',
    openMicrophone: async () => null,
    play() {},
  })
  const context: ConnectRequest['context'] = Array.from({ length: 8 }, (_, index) => ({
    id: `m${index}`,
    role: 'user',
    text: `${index} ${'x'.repeat(4_000)}`,
  }))
  const connect = () =>
    transport.connect({
      ...{ token: 't', sessionId: 's1', resume: true, context, tools: [] },
      signal: new AbortController().signal,
    })
  return { payloads, events, connect }
}

it('omits the oldest messages for an agent whose RPC is limited to 15 kB', async () => {
  const page = setUp((payload) => {
    if (payload.length > 15_360) throw new RpcError(RpcError.ErrorCode.REQUEST_PAYLOAD_TOO_LARGE, 'Too large')
    return JSON.stringify({ resumed: false })
  })
  expect(await page.connect()).toBe('reseeded')
  expect(page.payloads.map(({ context }) => context.map(({ text }) => text[0]).join(''))).toEqual([
    '01234567',
    '4567',
    '67',
  ])
})

it('reports fresh for an agent that accepts no history', async () => {
  const page = setUp(() => {
    throw new RpcError(RpcError.ErrorCode.REQUEST_PAYLOAD_TOO_LARGE, 'Too large')
  })
  expect(await page.connect()).toBe('fresh')
  expect(page.payloads.at(-1)?.context).toEqual([])
})

it('keeps the cause if the agent does not respond', async () => {
  const cause = new RpcError(RpcError.ErrorCode.CONNECTION_TIMEOUT, 'Connection timeout')
  const page = setUp(() => {
    throw cause
  })
  await expect(page.connect()).rejects.toMatchObject({ code: 'agent-unreachable', cause })
})
