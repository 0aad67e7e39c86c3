import { expect, it, vi } from 'vitest'
import { createFollower } from '../../../src/lib/voice-agent/mirror/follower.js'
import type { MirrorMessage } from '../../../src/lib/voice-agent/mirror/messages.js'
import type { MirrorHost } from '../../../src/lib/voice-agent/mirror/port.js'
import { openSealedChannel } from '../../../src/lib/voice-agent/mirror/sealed-channel.js'
import { shareState } from '../../../src/lib/voice-agent/mirror/shared-state.js'
import { initialState, type VoiceAgentState } from '../../../store/index.js'
import './support.js'

/** A mirror whose own page has this state. */
const followerOf = (
  channel: { name: string; key: CryptoKey },
  takeOver: () => Promise<void>,
  state: VoiceAgentState = initialState,
) =>
  createFollower({
    host: { path: 'agent', present: () => state, dispatchSafely() {}, warn() {} } as unknown as MirrorHost,
    moves: { takeOver } as never,
    channel,
    sessionId: 's1',
    id: 'm',
    onGone() {},
    onCleared() {},
  })

it('a takeover that waits for the owner ends with the role, and takes nothing later', async () => {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const channel = { name: 'mirror:s1', key }
  const posted: MirrorMessage[] = []
  const received = <Type extends MirrorMessage['type']>(type: Type) =>
    vi.waitUntil(() =>
      posted.find((message): message is Extract<MirrorMessage, { type: Type }> => message.type === type),
    )
  const owner = openSealedChannel(channel, 's1', (message) => posted.push(message), vi.fn())
  const takeOver = vi.fn(async () => {})
  const follower = followerOf(channel, takeOver)
  await received('hello')
  owner.post({
    type: 'welcome',
    mirror: 'm',
    owner: 'o',
    seq: 0,
    shared: shareState(initialState),
    token: null,
  })
  expect(await follower.begun).toBe(true)
  const taking = follower.takeOver({ hasCall: false, isAsked: true })
  const superseded = expect(taking).rejects.toMatchObject({ code: 'superseded' })
  const { id } = await received('take')
  posted.splice(0)
  owner.post({ type: 'answer', owner: 'o', id, error: null, offer: { canHandOver: false, token: null } })
  // A gap, which the follower reports once it has read the answer.
  owner.post({ type: 'actions', owner: 'o', seq: 5, actions: [], check: '' })
  await received('hello')
  follower.end()
  await superseded
  expect(takeOver).not.toHaveBeenCalled()
  owner.close()
})

it('a mirror looks for its owner for six seconds, also if the clock is set back meanwhile', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    const algorithm = { name: 'AES-GCM', length: 256 }
    const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
    const follower = createFollower({
      host: {
        path: 'agent',
        present: () => initialState,
        dispatchSafely() {},
        warn() {},
      } as unknown as MirrorHost,
      moves: {} as never,
      channel: { name: 'mirror:s1', key },
      sessionId: 's1',
      id: 'm',
      onGone() {},
      onCleared() {},
    })
    await vi.advanceTimersByTimeAsync(1_000)
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(6_000)
    expect(follower.status).toBe('gone')
    follower.end()
  } finally {
    vi.useRealTimers()
  }
})

/** A mirror of an owner with a call, which then leaves. */
async function createAbandoned() {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const key = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  const channel = { name: 'mirror:s1', key }
  const posted: MirrorMessage[] = []
  const owner = openSealedChannel(channel, 's1', (message) => posted.push(message), vi.fn())
  const takeOver = vi.fn(async () => {})
  const connected = {
    ...initialState,
    connection: { ...initialState.connection, status: 'connected' as const },
  }
  const follower = followerOf(channel, takeOver, connected)
  const welcome = (from: string) =>
    owner.post({
      type: 'welcome',
      mirror: 'm',
      owner: from,
      seq: 0,
      shared: shareState(connected),
      token: null,
    })
  await vi.waitUntil(() => posted.length > 0)
  welcome('o')
  expect(await follower.begun).toBe(true)
  owner.post({ type: 'left', owner: 'o', reason: 'left' })
  await vi.waitUntil(() => follower.status === 'connecting')
  return { follower, posted, takeOver, welcome, close: () => owner.close() }
}

it('End in a tab that is looking for the owner reaches the next one', async () => {
  const { follower, posted, welcome, close } = await createAbandoned()
  const ended = follower.command('disconnectRequested', undefined)
  ended.catch(() => undefined)
  welcome('next')
  await vi.waitUntil(() => posted.some((message) => message.type === 'request' && message.owner === 'next'))
  expect(follower.isCallEnded).toBe(false)
  follower.end()
  close()
})

it('End in a tab that finds no owner is refused, and this tab then continues without a call', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    const { follower, takeOver, close } = await createAbandoned()
    const ended = expect(follower.command('disconnectRequested', undefined)).rejects.toMatchObject({
      code: 'tab-unreachable',
    })
    await vi.advanceTimersByTimeAsync(6_500)
    await ended
    expect(follower.status).toBe('gone')
    await follower.takeOver({ hasCall: false, isAsked: false })
    expect(takeOver).toHaveBeenCalledExactlyOnceWith('s1', { token: null, call: 'ended' })
    follower.end()
    close()
  } finally {
    vi.useRealTimers()
  }
})
