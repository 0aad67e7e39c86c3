import { expect, it, onTestFinished, vi } from 'vitest'
import type { MirrorMessage } from '../../../src/lib/voice-agent/mirror/messages.js'
import { createOwner } from '../../../src/lib/voice-agent/mirror/owner.js'
import type { MirrorHost } from '../../../src/lib/voice-agent/mirror/port.js'
import { openSealedChannel } from '../../../src/lib/voice-agent/mirror/sealed-channel.js'
import { initialState } from '../../../store/index.js'
import { FakeChannel } from './support.js'

const algorithm = { name: 'AES-GCM', length: 256 }
const open = { ...initialState, session: { ...initialState.session, id: 's1' as string | null } }

async function createRole() {
  const channel = {
    name: 'mirror:s1',
    key: await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt']),
  }
  const owner = createOwner({
    host: { path: 'agent', present: () => open, warn() {} } as unknown as MirrorHost,
    moves: { token: () => null } as never,
    channel,
    sessionId: 's1',
    id: 'o',
    async onMoved() {},
  })
  return { channel, owner }
}

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
  const { channel, owner } = await createRole()
  const mirror = openSealedChannel(channel, 's1', vi.fn(), vi.fn())
  mirror.post({ type: 'hello', mirror: 'm' })
  await vi.waitFor(() => expect([...held]).toEqual(['mirror:s1:o']))
  await owner.end('left')
  grant()
  await vi.waitFor(() => expect([...held]).toEqual([]))
  mirror.close()
})

it('an owner whose session is moving shows nothing of the next conversation, and gives no token of it', async () => {
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const channel = { name: 'mirror:s1', key }
  let state = open
  const token = { token: 'of s1', expiresAt: 1, memo: null, sessionId: 's1' }
  let release: () => void = () => {}
  const owner = createOwner({
    host: { path: 'agent', present: () => state, warn() {} } as unknown as MirrorHost,
    moves: {
      token: () => token,
      canHandOver: () => false,
      // Saving takes a while.
      moveAway: () => new Promise<void>((resolve) => (release = resolve)),
      cancelMove() {},
    } as never,
    channel,
    sessionId: 's1',
    id: 'o',
    async onMoved() {},
  })
  const posted: MirrorMessage[] = []
  const mirror = openSealedChannel(channel, 's1', (message) => posted.push(message), vi.fn())
  mirror.post({ type: 'hello', mirror: 'm' })
  await vi.waitUntil(() => posted.some(({ type }) => type === 'welcome'))
  const taken = {
    type: 'take',
    owner: 'o',
    mirror: 'm',
    waits: false,
    expiresAt: Date.now() + 5_000,
  } as const
  mirror.post({ ...taken, id: 'first' })
  await vi.waitUntil(() => posted.some(({ type }) => type === 'answer'))
  posted.splice(0)

  // The session has left this page, where the user starts the next one.
  state = { ...state, session: { ...state.session, id: 's2' } }
  token.token = 'of s2'
  await owner.end('left')
  mirror.post({ type: 'hello', mirror: 'another' })
  mirror.post({ ...taken, id: 'second' })
  await vi.waitUntil(() => posted.some(({ type }) => type === 'answer'))
  expect(posted).toEqual([
    expect.objectContaining({ type: 'answer', offer: { canHandOver: false, token: null } }),
  ])
  release()
  await vi.waitUntil(() => posted.some(({ type }) => type === 'left'))
  mirror.close()
})

it('posts the words of an answer together, and its end immediately', async () => {
  vi.stubGlobal('navigator', {
    locks: {
      request: (_name: string, { signal }: LockOptions, callback: (lock: object) => unknown) =>
        signal ? new Promise(() => {}) : callback({}),
    },
  })
  const { channel, owner } = await createRole()
  const mirror = openSealedChannel(channel, 's1', vi.fn(), vi.fn())
  mirror.post({ type: 'hello', mirror: 'm' })
  await vi.waitFor(() => expect(owner.mirrors).toBe(1))
  await vi.waitFor(() => expect(FakeChannel.air.posted).toHaveLength(2))

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  // Each message is encrypted in the task that posts it.
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
  onTestFinished(() => encrypt.mockRestore())
  const act = async (name: string) => {
    owner.onAction({ type: `agent/${name}`, payload: { turnId: 't', delta: ' word' } })
    await Promise.resolve()
  }
  await act('assistantTurnStarted')
  expect(encrypt).toHaveBeenCalledTimes(1)
  for (let word = 0; word < 3; word++) await act('assistantTextAppended')
  expect(encrypt).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(250)
  expect(encrypt).toHaveBeenCalledTimes(2)
  for (let word = 0; word < 3; word++) await act('assistantTextAppended')
  await act('assistantTurnCompleted')
  expect(encrypt).toHaveBeenCalledTimes(3)
  vi.advanceTimersByTime(1_000)
  expect(encrypt).toHaveBeenCalledTimes(3)
  // After a pause, the first word does not wait.
  await act('assistantTextAppended')
  expect(encrypt).toHaveBeenCalledTimes(4)
  vi.useRealTimers()
  await owner.end('left')
  mirror.close()
})
