import { expect, it } from 'vitest'
import { type Calls, createCalls } from '../../../examples/voice-app/server/calls.js'
import type { Peer, PeerEvents } from '../../../examples/voice-app/server/peer.js'
import type { Peers } from '../../../examples/voice-app/server/peers.js'
import { createMemoryStore } from '../../../examples/voice-app/server/session-store.js'
import { createSessions } from '../../../examples/voice-app/server/sessions.js'
import type { Speech } from '../../../examples/voice-app/server/speech.js'

/** A client that leaves when it is told to, unless it `isGone`. */
function setUp({ isGone = false } = {}) {
  const log: string[] = []
  let opened = 0
  const open = async (_sdp: string, events: PeerEvents): Promise<Peer> => {
    const name = `peer ${++opened}`
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
        const { message = {} } = JSON.parse(text)
        log.push(`${name}: ${message.type} ${message.reason}`)
        if (!isGone) close('the client')
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
  const offer = (pcId: string | null) =>
    calls.answer(
      {
        sdp: 'v=0',
        pcId,
        restartPc: pcId !== null,
        request: { sessionId: 's', resume: true, context: [], tools: [] },
      },
      's',
    )
  return { log, offer }
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

it('tells nothing to the page that offers again', async () => {
  const { log, offer } = setUp()
  const { pcId } = await offer(null)
  await offer(pcId)
  expect(log).toEqual(['peer 1 closed by the server'])
})
