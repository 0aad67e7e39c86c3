import { type ScriptedTransport, scriptedTransport } from 'redux-voice-agent/testing'
import type { VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, it, vi } from 'vitest'
import { deleteKey, FakeChannel, openOwner, openTab, stubPage, type Tab } from './support.js'

const air = () => FakeChannel.air

/** A transport whose agent can move to another tab. */
function movableTransport(): ScriptedTransport {
  const transport = scriptedTransport()
  const movable: VoiceTransportFactory = (ports) => ({ ...transport(ports), canHandOver: () => true })
  return Object.defineProperties(movable, Object.getOwnPropertyDescriptors(transport)) as ScriptedTransport
}

/** A tab whose early call waits for an agent that never moves. */
async function openWaiting() {
  const owner = await openOwner('session-1', movableTransport())
  const transport = scriptedTransport(() => new Promise(() => {}))
  const tab = await openTab('session-1', {}, transport)
  await tab.mirror.follow('session-1')
  const ownerChannel = [...air().channels].find(({ name }) => name === 'mirror:session-1') as FakeChannel
  const moving = tab.mirror.takeOver()
  moving.catch(() => undefined)
  await vi.waitUntil(() => transport.open === 1)
  return { owner, ownerChannel, tab, transport, moving }
}

it.each<[string, (opened: { owner: Tab; tab: Tab }) => void]>([
  ['the app stops mirroring', ({ tab }) => tab.mirror.stop()],
  ["the owner's user signs out", ({ owner }) => void owner.agent.reset()],
])('if %s during a takeover, its early call ends', async (_what, end) => {
  const opened = await openWaiting()
  end(opened)
  await expect(opened.moving).rejects.toMatchObject({ code: 'superseded' })
  await vi.waitUntil(() => opened.transport.open === 0)
  expect(opened.tab.state().session).toMatchObject({ id: null, mirror: null })
})

it('if the owner stops answering during a takeover, the early call ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    const { tab, transport, moving, ownerChannel } = await openWaiting()
    ownerChannel.onmessage = null
    await vi.advanceTimersByTimeAsync(60_000)
    await expect(moving).rejects.toMatchObject({ code: 'tab-unreachable' })
    expect(transport.open).toBe(0)
    expect(tab.status()).toBe('live')
  } finally {
    vi.useRealTimers()
  }
})

it('an owner that is disposed of while another tab takes over posts its last actions and leaves', async () => {
  const { owner } = await openWaiting()
  const other = await openTab()
  await other.mirror.follow('session-1')
  owner.agent.sendText('last')
  await owner.voiceAgent.dispose()
  await vi.waitUntil(() => other.status() === 'connecting')
  expect(other.texts()).toEqual(['before', 'last'])
})

it('a page that returns from the back/forward cache does not show a conversation that was deleted meanwhile', async () => {
  const page = stubPage()
  await openOwner()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  page.hide()
  deleteKey('session-1')
  page.show()
  await vi.waitUntil(() => tab.state().session.mirror === null)
  expect(tab.texts()).toEqual([])
})

it('a page that returns after its agent was disposed of follows nothing', async () => {
  const page = stubPage()
  await openOwner()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  page.hide()
  await tab.voiceAgent.dispose()
  page.show()
  // The owner's channel remains.
  await vi.waitUntil(() => [...air().channels].filter(({ name }) => name === 'mirror:session-1').length === 1)
})

it('a tab that may continue alone tries three times, at longer and longer intervals, and then says why and leaves it to the user', async () => {
  const owner = await openOwner()
  const tab = await openTab('session-1', { whenOwnerGone: 'take-over' })
  await tab.mirror.follow('session-1')
  const moves: number[] = []
  let last = tab.status()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    const startedAt = Date.now()
    tab.onChange(() => {
      const status = tab.status()
      if (status === 'moving' && last !== 'moving') moves.push(Date.now() - startedAt)
      last = status
    })
    // In this test, each tab has its own disk, so this one never finds the conversation.
    await owner.voiceAgent.dispose()
    for (let s = 0; s < 1_800; s++) await vi.advanceTimersByTimeAsync(1_000)
  } finally {
    vi.useRealTimers()
  }
  const [first = 0, second = 0, third = 0] = moves
  expect(moves).toHaveLength(3)
  expect(second - first).toBeGreaterThanOrEqual(10_000)
  expect(third - second).toBeGreaterThanOrEqual(60_000)
  expect(tab.status()).toBe('gone')
  expect(tab.state().connection.error?.code).toBe('session-missing')
})
