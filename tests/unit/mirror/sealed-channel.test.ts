import { expect, it, vi } from 'vitest'
import type { MirrorMessage } from '../../../src/lib/voice-agent/mirror/messages.js'
import { openSealedChannel } from '../../../src/lib/voice-agent/mirror/sealed-channel.js'
import './support.js'

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
