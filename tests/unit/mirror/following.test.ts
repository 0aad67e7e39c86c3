import { expect, it, vi } from 'vitest'
import { createFollowing } from '../../../src/lib/voice-agent/mirror/following.js'
import type { MirrorHost } from '../../../src/lib/voice-agent/mirror/port.js'
import { initialState } from '../../../store/index.js'
import { FakeChannel } from './support.js'

it('a page does not mirror a conversation that it has opened meanwhile itself', async () => {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const dispatchSafely = vi.fn()
  let sessionId: string | null = null
  const following = createFollowing({
    host: {
      path: 'agent',
      present: () => initialState,
      dispatchSafely,
      runtime: async () => ({
        moves: {
          sessionId: () => sessionId,
          async channelOf(id: string) {
            // A takeover from before the back/forward cache ends here.
            sessionId = id
            return { name: 'mirror:s1', key }
          },
        },
      }),
      warn() {},
    } as unknown as MirrorHost,
    whenOwnerGone: 'ask',
    onBegun() {},
    signal: new AbortController().signal,
  })
  await expect(following.begin('s1')).rejects.toMatchObject({ code: 'superseded' })
  expect(following.follower).toBeNull()
  expect(dispatchSafely).not.toHaveBeenCalled()
  expect(FakeChannel.air.channels.size).toBe(0)
  following.stop()
})
