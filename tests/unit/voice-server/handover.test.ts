import { expect, it, vi } from 'vitest'
import { type Calls, createCalls } from '../../../examples/voice-app/server/calls.js'
import type { Peer, PeerEvents } from '../../../examples/voice-app/server/peer.js'
import type { Peers } from '../../../examples/voice-app/server/peers.js'
import { createMemoryStore } from '../../../examples/voice-app/server/session-store.js'
import { createSessions } from '../../../examples/voice-app/server/sessions.js'
import type { Speech } from '../../../examples/voice-app/server/speech.js'

/** A client that leaves when told to, unless it `isGone`. */
function setUp({ isGone = false } = {}) {
  const log: string[] = []
  /** Events of the clients, in the order of their offers. */
  const clients: PeerEvents[] = []
  const open = async (_sdp: string, events: PeerEvents): Promise<Peer> => {
    const name = `peer ${clients.push(events)}`
    let isClosed = false
    const close = (by: string) => {
      if (isClosed) return
      isClosed = true
      log.push(`${name} closed by ${by}`)
      events.onGone()
    }
    return {
      sdp: 'v=0',
      audio: { dispose() {} } as unknown as Peer['audio'],
      send(text) {
        const { type, message, data } = JSON.parse(text)
        log.push(`${name}: ${message ? `${message.type} ${message.reason}` : type}`)
        if (data?.type === 'session') log.push(`resumed ${data.resumed}, hands over ${data.handsOver}`)
        if (message && !isGone) close('the client')
      },
      async addCandidates() {},
      restartIce: async () => 'v=0',
      close: () => close('the server'),
    }
  }
  const calls: Calls = createCalls({
    sessions: createSessions({ store: createMemoryStore({ resumeSeconds: 60, now: () => 0 }) }),
    resumeSeconds: 60,
    speech: {} as Speech,
    peers: { open } as unknown as Peers,
  })
  const offer = (pcId: string | null, handover = false) =>
    calls.answer(
      {
        sdp: 'v=0',
        pcId,
        restartPc: pcId !== null,
        request: { sessionId: 's', resume: true, context: [], tools: [], handover },
      },
      's',
    )
  const ready = (client: number) =>
    clients[client]?.onMessage(JSON.stringify({ id: '1', label: 'rtvi-ai', type: 'client-ready', data: {} }))
  return { log, offer, clients, ready }
}

it('tells the older of two devices that its session has moved', async () => {
  const { log, offer } = setUp()
  await offer(null)
  await offer(null)
  expect(log).toEqual(['peer 1: peerLeft moved', 'peer 1 closed by the client'])
})

it('closes the connection of a device that does not leave', async () => {
  const { log, offer } = setUp({ isGone: true })
  await offer(null)
  await offer(null)
  expect(log).toEqual(['peer 1: peerLeft moved', 'peer 1 closed by the server'])
})

it('sends nothing to the page that offers again', async () => {
  const { log, offer } = setUp()
  const { pcId } = await offer(null)
  await offer(pcId)
  expect(log).toEqual(['peer 1 closed by the server'])
})

it('hands a session over: the new connection replaces it only once it is ready', async () => {
  const { log, offer, ready } = setUp()
  await offer(null)
  await offer(null, true)
  expect(log).toEqual([])
  ready(1)
  await vi.waitUntil(() => log.length >= 5)
  expect(log.slice(0, 5)).toEqual([
    'peer 1: peerLeft moved',
    'peer 1 closed by the client',
    'peer 2: bot-ready',
    'peer 2: server-message',
    'resumed true, hands over true',
  ])
})

it('leaves the call where it is if the new connection closes before it is ready', async () => {
  const { log, offer, clients, ready } = setUp()
  await offer(null)
  await offer(null, true)
  clients[1]?.onGone()
  ready(1)
  await offer(null, true)
  ready(2)
  await vi.waitUntil(() => log.includes('peer 3: bot-ready'))
  expect(log.slice(0, 2)).toEqual(['peer 1: peerLeft moved', 'peer 1 closed by the client'])
})

it('a handover without a call is a call', async () => {
  const { log, offer, ready } = setUp()
  await offer(null, true)
  ready(0)
  expect(log[0]).toBe('peer 1: bot-ready')
})
