import { expect, it, vi } from 'vitest'
import type { MirrorMessage } from '../../../src/lib/voice-agent/mirror/messages.js'
import { openSealedChannel } from '../../../src/lib/voice-agent/mirror/sealed-channel.js'
import { FakeChannel } from './support.js'

const bye = (mirror: string): MirrorMessage => ({ type: 'bye', mirror })

it('a message that cannot be posted is reported, and the others arrive in order', async () => {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const channel = { name: 'mirror:s1', key }
  const received: MirrorMessage[] = []
  const onError = vi.fn()
  const reader = openSealedChannel(channel, 's1', (message) => received.push(message), vi.fn())
  const writer = openSealedChannel(channel, 's1', vi.fn(), onError)
  writer.post(bye('first'))
  writer.post(bye(1n as unknown as string))
  writer.post(bye('last'))
  await writer.flushed()
  await vi.waitFor(() => expect(received).toEqual([bye('first'), bye('last')]))
  expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError))
  writer.close()
  writer.post(bye('late'))
  await writer.flushed()
  expect(onError).toHaveBeenCalledOnce()
  reader.close()
})

it('delivers a message once, although a page without the key repeats it', async () => {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const channel = { name: 'mirror:s1', key }
  const received: MirrorMessage[] = []
  const reader = openSealedChannel(channel, 's1', (message) => received.push(message), vi.fn())
  const [first, second] = [1, 2].map(() => openSealedChannel(channel, 's1', vi.fn(), vi.fn()))
  first?.post(bye('a'))
  first?.post(bye('b'))
  await first?.flushed()
  const attacker = new FakeChannel('mirror:s1')
  for (const data of [...FakeChannel.air.posted]) attacker.postMessage(data)
  second?.post(bye('c'))
  await vi.waitUntil(() => received.some((message) => 'mirror' in message && message.mirror === 'c'))
  expect(received).toEqual([bye('a'), bye('b'), bye('c')])
  for (const opened of [reader, first, second]) opened?.close()
})
