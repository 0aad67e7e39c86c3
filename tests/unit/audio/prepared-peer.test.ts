import { expect, it, vi } from 'vitest'
import type { CallMedia } from '../../../middleware/drivers/call/page-ports.js'
import type { PeerShape } from '../../../middleware/drivers/call/ports.js'
import { type CallMediaOptions, createAgentMedia } from '../../../src/lib/voice-agent/audio/call-media.js'
import type { ChosenDevices } from '../../../store/index.js'
import { recordingListener, type StubConnection, settled, stubBrowser } from './stubs.js'

const devices: ChosenDevices = {
  microphoneId: null,
  speakerId: null,
  volume: 1,
  isMuted: false,
  talk: 'hands-free',
}
const shape: PeerShape = { dataChannel: 'chat' }

function begin(permission: PermissionState, options: CallMediaOptions = {}, chosen = devices) {
  const browser = stubBrowser()
  browser.permission = permission
  const media = createAgentMedia(options)
  const { heard, listener } = recordingListener()
  const call = media.begin(chosen, listener)
  const openPeer = (request: PeerShape = shape, signal = new AbortController().signal) => {
    const opened = call.openPeer({ ...request, signal, onMessage() {}, onState() {} })
    opened.catch(() => undefined)
    return opened
  }
  return {
    browser,
    media,
    call: call as CallMedia & Required<Pick<CallMedia, 'preparePeer'>>,
    heard,
    openPeer,
  }
}

function connect(connection: StubConnection | undefined) {
  if (!connection) throw new Error('There is no connection.')
  connection.connectionState = 'connected'
  connection.onconnectionstatechange?.()
}

const isPending = async (promise: Promise<unknown>) => {
  await settled()
  return (await Promise.race([promise, Promise.resolve('pending')])) === 'pending'
}

it('opens a permitted microphone in parallel with the connection, and the call is live when both are open', async () => {
  const { browser, openPeer, heard } = begin('granted')
  const peer = await openPeer({ dataChannel: null })
  await peer.createOffer()
  expect(browser.prompts).toHaveLength(1)
  const opened = peer.opened(1_000)
  connect(browser.connections[0])
  expect(await isPending(opened)).toBe(true)
  peer.openMicrophoneGate()
  const track = browser.prompts[0]?.grant()
  await opened
  expect(browser.connections[0]?.sent).toEqual([track])
  expect(heard).toEqual(['live'])
})

it('opens no connection while the browser asks the user', async () => {
  const { browser, openPeer, call, heard } = begin('prompt')
  call.preparePeer(shape)
  const opening = openPeer()
  expect(await isPending(opening)).toBe(true)
  // It has sent nothing, because it created no offer.
  expect(browser.connections.map(({ localDescription }) => localDescription)).toEqual([null])
  browser.prompts[0]?.deny('NotAllowedError')
  await opening
  expect(heard).toEqual(['prompting', 'denied'])
  expect(browser.connections).toHaveLength(1)
})

it.each(['NotAllowedError', 'NotReadableError'])(
  'reports why there is no microphone after %s, prepared or not',
  async (name) => {
    const states: unknown[] = []
    for (const isPrepared of [false, true]) {
      const { browser, call, openPeer, heard } = begin('granted')
      if (isPrepared) call.preparePeer(shape)
      const peer = await openPeer(shape)
      await settled()
      browser.prompts[0]?.deny(name)
      await settled()
      expect(browser.prompts).toHaveLength(1)
      peer.close()
      states.push(heard)
    }
    expect(states[0]).toEqual(states[1])
  },
)

it('uses the prepared connection once, with the servers known by then', async () => {
  const iceServers = [{ urls: 'stun:app.example' }]
  const { browser, call, openPeer } = begin('granted', { iceServers: async () => iceServers })
  call.preparePeer(shape)
  call.preparePeer(shape)
  expect(browser.connections.map(({ configuration }) => configuration)).toEqual([{}])
  await openPeer()
  expect(browser.connections.map(({ configuration }) => configuration)).toEqual([{ iceServers }])
  await openPeer()
  expect(browser.connections).toHaveLength(2)
  expect(browser.prompts).toHaveLength(1)
})

it('closes a prepared connection that the transport does not use', async () => {
  const { browser, call, openPeer } = begin('granted')
  call.preparePeer({ dataChannel: 'chat', direction: 'sendrecv' })
  await openPeer({ dataChannel: 'other' })
  call.preparePeer({ dataChannel: 'chat', direction: 'sendrecv' })
  await openPeer({ dataChannel: 'chat', direction: 'sendonly' })
  expect(browser.connections.map(({ connectionState }) => connectionState)).toEqual([
    'closed',
    'new',
    'closed',
    'new',
  ])
})

it('reports an invalid configuration when the peer opens, as without preparation', async () => {
  const { browser, call, openPeer } = begin('granted', { iceServers: [{ urls: 'nonsense' }] })
  class Refusing {
    constructor() {
      throw new DOMException('no', 'SyntaxError')
    }
  }
  vi.stubGlobal('RTCPeerConnection', Refusing)
  call.preparePeer(shape)
  await expect(openPeer()).rejects.toMatchObject({ code: 'invalid-option' })
  expect(browser.connections).toEqual([])
})

it('closes the prepared connection if the browser rejects the servers known by then, or the attempt is over', async () => {
  const { browser, call, openPeer } = begin('granted', { iceServers: async () => [{ urls: 'nonsense' }] })
  call.preparePeer(shape)
  const [connection] = browser.connections
  if (connection)
    connection.setConfiguration = () => {
      throw new DOMException('no', 'SyntaxError')
    }
  await expect(openPeer()).rejects.toMatchObject({ code: 'invalid-option' })
  for (let promises = 0; promises < 20; promises++) {
    const attempt = new AbortController()
    call.preparePeer(shape)
    const opened = openPeer(shape, attempt.signal)
    for (let passed = 0; passed < promises; passed++) await Promise.resolve()
    attempt.abort()
    await opened.catch(() => undefined)
  }
  call.end()
  expect(browser.connections.filter(({ connectionState }) => connectionState !== 'closed')).toEqual([])
})

it('leaves nothing open after the call ends, however far the preparation has come', async () => {
  for (const permission of ['granted', 'prompt'] as const)
    for (let promises = 0; promises < 20; promises++)
      for (const opens of [false, true]) {
        const { browser, call, openPeer } = begin(permission)
        call.preparePeer(shape)
        if (opens) void openPeer()
        for (let passed = 0; passed < promises; passed++) await Promise.resolve()
        call.end()
        call.preparePeer(shape)
        await settled()
        for (const prompt of browser.prompts) prompt.grant()
        await settled()
        expect(browser.live()).toEqual([])
        expect(browser.connections.filter(({ connectionState }) => connectionState !== 'closed')).toEqual([])
      }
})

it('does not ask for the microphone in a typed call, but does when voice is added', async () => {
  const { browser, call } = begin('granted', {}, { ...devices, talk: 'text' })
  call.preparePeer(shape)
  await settled()
  expect(browser.prompts).toEqual([])
  call.setTalkMode('hands-free')
  await settled()
  expect(browser.prompts).toHaveLength(1)
})

it('creates the connection for a likely call without a microphone, for the call that follows', async () => {
  const browser = stubBrowser()
  browser.permission = 'granted'
  const media = createAgentMedia({})
  media.warmUp?.(shape)
  await settled()
  expect([browser.connections.length, browser.prompts.length]).toEqual([1, 0])
  const call = media.begin(devices, recordingListener().listener)
  await call.openPeer({ ...shape, signal: new AbortController().signal, onMessage() {}, onState() {} })
  expect([browser.connections.length, browser.prompts.length]).toEqual([1, 1])
})

it.each(['coolDown', 'dispose'] as const)('closes the connection of a likely call at %s()', async (end) => {
  const browser = stubBrowser()
  const media = createAgentMedia({})
  media.warmUp?.(shape)
  media[end]?.()
  if (end === 'dispose') media.warmUp?.(shape)
  expect(browser.connections.map(({ connectionState }) => connectionState)).toEqual(['closed'])
})
