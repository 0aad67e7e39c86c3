import { expect, it, vi } from 'vitest'
import { createOwner } from '../../../src/lib/voice-agent/mirror/owner.js'
import type { MirrorHost } from '../../../src/lib/voice-agent/mirror/port.js'
import { openSealedChannel } from '../../../src/lib/voice-agent/mirror/sealed-channel.js'
import { initialState } from '../../../store/index.js'
import './support.js'

it('an owner that ends while it requests its lock does not keep the lock', async () => {
  const held = new Set<string>()
  let grant: () => void = () => {}
  vi.stubGlobal('navigator', {
    locks: {
      async request(name: string, { signal }: LockOptions, callback: (lock: { name: string }) => unknown) {
        // The mirror's page holds its lock.
        if (signal) return new Promise(() => {})
        held.add(name)
        await new Promise<void>((resolve) => {
          grant = resolve
        })
        await callback({ name })
        held.delete(name)
      },
    },
  })
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const channel = { name: 'mirror:s1', key }
  const owner = createOwner({
    host: { path: 'agent', present: () => initialState, warn() {} } as unknown as MirrorHost,
    moves: { token: () => null } as never,
    channel,
    sessionId: 's1',
    id: 'o',
    onMoved() {},
  })
  const mirror = openSealedChannel(channel, 's1', vi.fn(), vi.fn())
  mirror.post({ type: 'hello', mirror: 'm' })
  await vi.waitFor(() => expect([...held]).toEqual(['mirror:s1:o']))
  await owner.end('left')
  grant()
  await vi.waitFor(() => expect([...held]).toEqual([]))
  mirror.close()
})
