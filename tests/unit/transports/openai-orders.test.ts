import { openAiRealtimeTransport } from 'redux-voice-agent/transports'
import { afterEach, expect, it, vi } from 'vitest'
import type { Peer, PeerRequest, TransportEvent } from '../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../store/index.js'

afterEach(() => void vi.unstubAllGlobals())

/** Connects the transport to a server that confirms its configuration. */
async function setUp() {
  const sent: Record<string, unknown>[] = []
  const emitted: TransportEvent[] = []
  let receive: (event: object) => void = () => {}
  const openPeer = async ({ onMessage }: PeerRequest) => {
    receive = (event) => onMessage(JSON.stringify(event))
    return {
      createOffer: async () => ({ type: 'offer', sdp: 'v=0' }),
      acceptAnswer: async () => {},
      opened: async () => receive({ type: 'session.created', session: {} }),
      openMicrophoneGate() {},
      send(text: string) {
        if (text.length > 1_000) throw new VoiceAgentError('text-too-long')
        const event = JSON.parse(text)
        sent.push(event)
        if (event.type === 'session.update')
          queueMicrotask(() => receive({ type: 'session.updated', session: {} }))
        return true
      },
      close() {},
    } as Partial<Peer> as Peer
  }
  vi.stubGlobal('fetch', async () => new Response('v=0', { status: 201 }))
  const transport = openAiRealtimeTransport()({
    apiEndpoint: '/api',
    emit: (event) => void emitted.push(event),
    memo: { get: () => null, set() {} },
    openPeer,
    getToken: async () => 'ek_1',
    openMicrophone: () => Promise.reject(new Error('It has no media of its own.')),
    play() {},
  })
  await transport.connect({
    ...{ token: 'ek_1', sessionId: 's1', resume: false, context: [], tools: [] },
    signal: new AbortController().signal,
  })
  sent.length = 0
  return {
    transport,
    emitted,
    receive: (event: object) => receive(event),
    types: () => sent.map(({ type }) => type),
  }
}

it('a late event of an ended response does not keep the next text from its answer', async () => {
  const { transport, receive, types } = await setUp()
  for (const id of ['r1', 'r2']) {
    receive({ type: 'response.created', response: { id } })
    receive({ type: 'response.done', response: { id, status: 'completed' } })
  }
  receive({ type: 'response.content_part.done', response_id: 'r1' })
  transport.send({ type: 'text', id: 't1', text: 'Hello' })
  expect(types()).toEqual(['conversation.item.create', 'response.create'])
  transport.close()
})

it('a text that is too long does not interrupt the agent', async () => {
  const { transport, receive, types } = await setUp()
  receive({ type: 'response.created', response: { id: 'r1' } })
  const send = () => transport.send({ type: 'text', id: 't1', text: 'a'.repeat(1_000) })
  expect(send).toThrow(expect.objectContaining({ code: 'text-too-long' }))
  expect(types()).toEqual([])
  transport.send({ type: 'text', id: 't2', text: 'Hello' })
  expect(types()).toEqual(['conversation.item.create', 'response.cancel'])
  transport.close()
})
