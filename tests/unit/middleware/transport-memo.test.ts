import type { VoiceAgentError } from 'redux-voice-agent'
import type { TransportHost, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, it, vi } from 'vitest'
import { setUp, statusIs } from './support.js'

/** A transport that counts its connections in its memo. */
function counting() {
  const read: (string | null)[] = []
  const hosts: TransportHost[] = []
  const endOnPurpose = vi.fn()
  const transport: VoiceTransportFactory = (host) => {
    hosts.push(host)
    return {
      async connect() {
        const before = host.memo.get()
        read.push(before)
        host.memo.set(String(Number(before ?? 0) + 1))
        return 'fresh'
      },
      send() {},
      endOnPurpose,
      close() {},
    }
  }
  return { transport, read, hosts, endOnPurpose }
}

it('keeps what a transport remembers across connections and token renewals, and drops it with the session', async () => {
  const { transport, read, hosts } = counting()
  const { agent, refreshToken } = setUp(undefined, { transport })
  await agent.connect()
  // The next attempt renews the token, because this one no longer works.
  refreshToken.mockImplementation(async () => ({
    token: 't2',
    expiresAt: Date.now() + 600_000,
    sessionId: 's1',
  }))
  const again = statusIs(agent, 'connected')
  hosts[0]?.emit({ type: 'connectionState', state: 'closed' })
  await again
  await agent.disconnect()
  await agent.connect()
  expect(read).toEqual([null, '1', '2'])

  // A closed connection changes nothing.
  hosts[0]?.memo.set('late')
  await agent.newSession()
  refreshToken.mockImplementation(async () => ({
    token: 't3',
    expiresAt: Date.now() + 600_000,
    sessionId: 's2',
  }))
  await agent.connect()
  expect(read).toEqual([null, '1', '2', null])
})

it('stores no text that is too long for sessionStorage', async () => {
  const { transport, hosts } = counting()
  const { agent } = setUp(undefined, { transport })
  await agent.connect()
  hosts[0]?.memo.set('x'.repeat(5_000))
  expect(hosts[0]?.memo.get()).toBe('1')
  hosts[0]?.memo.set(null)
  expect(hosts[0]?.memo.get()).toBeNull()
})

it('tells the transport that the user has ended the call, but not that it was lost or disposed', async () => {
  const { transport, hosts, endOnPurpose } = counting()
  const { agent, voiceAgent } = setUp(undefined, { transport })
  await agent.connect()
  const again = statusIs(agent, 'connected')
  hosts[0]?.emit({ type: 'connectionState', state: 'closed' })
  await again
  expect(endOnPurpose).not.toHaveBeenCalled()
  await agent.disconnect()
  expect(endOnPurpose).toHaveBeenCalledTimes(1)
  await agent.connect()
  await voiceAgent.dispose()
  expect(endOnPurpose).toHaveBeenCalledTimes(1)
})

it('ends a call that moved to another device without reconnecting, until the user wants it here', async () => {
  const { transport, hosts, read } = counting()
  const { agent, state } = setUp(undefined, { transport })
  await agent.connect()
  const failed = statusIs(agent, 'failed')
  hosts[0]?.emit({ type: 'agentLeft', reason: 'moved' })
  await failed
  expect(state().connection).toMatchObject({
    status: 'failed',
    error: { code: 'call-moved', recoverable: false },
  })
  hosts[0]?.emit({ type: 'connectionState', state: 'closed' })
  expect(agent.needsReconnection()).toBe(false)
  expect(read).toHaveLength(1)
  await agent.connect()
  expect(state().connection).toMatchObject({ status: 'connected', error: null })
  expect(read).toHaveLength(2)
})

it('passes the address that came with the token to the transport, and rejects any other value', async () => {
  const { agent, transport, refreshToken } = setUp()
  const token = { token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }
  refreshToken.mockImplementation((async () => ({ ...token, url: 7 })) as never)
  await expect(agent.connect()).rejects.toMatchObject({ code: 'token-malformed' })
  refreshToken.mockImplementation((async () => ({ ...token, url: 'wss://eu.example.org' })) as never)
  await agent.connect()
  expect(transport.requests).toMatchObject([{ url: 'wss://eu.example.org' }])
})

it("passes the token's ICE servers to each connection, and rejects anything but a list", async () => {
  const iceServers = [{ urls: 'stun:stun.example.org' }]
  const asked: unknown[] = []
  const { agent, refreshToken } = setUp(undefined, {
    transport: ({ openPeer }) => ({
      async connect({ signal }) {
        await openPeer({ dataChannel: null, signal, onMessage() {} }).catch((error) => asked.push(error))
        return 'fresh'
      },
      send() {},
      close() {},
    }),
  })
  refreshToken.mockImplementation((async () => ({
    ...{ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' },
    iceServers: 'stun:stun.example.org',
  })) as never)
  await expect(agent.connect()).rejects.toMatchObject({
    code: 'token-malformed',
  } satisfies Partial<VoiceAgentError>)
  refreshToken.mockImplementation((async () => ({
    ...{ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' },
    iceServers,
  })) as never)
  const configurations: unknown[] = []
  vi.stubGlobal(
    'RTCPeerConnection',
    class {
      constructor(configuration: unknown) {
        configurations.push(configuration)
        throw new Error('There is none here.')
      }
    },
  )
  agent.setTalkMode('text')
  await agent.connect()
  vi.unstubAllGlobals()
  expect(configurations).toEqual([{ iceServers }])
})
