import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import type { StoreEnhancer, UnknownAction } from '@reduxjs/toolkit'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createAgentServer, openOwner, openTab, shownBy, type Tab } from './tabs.js'

const same = (tab: Tab, owner: Tab) => vi.waitFor(() => expect(shownBy(tab)).toEqual(shownBy(owner)))

interface LiftedStore {
  dispatch(action: object): void
  getState(): LiftedState<unknown, UnknownAction, unknown>
}

/** Opens the owner's conversation in a second tab. */
async function openPair(server = createAgentServer()) {
  const opened = await openOwner({ server })
  const { owner, id, ...shared } = opened
  const tab = await openTab('mirror', shared)
  await tab.mirror.follow(id)
  return { owner, tab, id, server, shared }
}

test('the agent moves at the end of its sentence, while the previous tab still has the call', async () => {
  const { owner, tab, id, server } = await openPair()
  server.begin('t1', 'One sentence')
  const moved = tab.mirror.takeOver()
  await vi.waitUntil(() => server.connections.length === 2)
  expect(server.connections[1]).toEqual({ tab: 'mirror', isHandover: true, resume: true })
  expect(server.tab()).toBe('owner')
  expect(owner.call()).toBe('connected')
  expect(tab.status()).toBe('moving')
  server.end('t1')
  expect(await moved).toEqual({ isSeamless: true })
  expect(server.tab()).toBe('mirror')
  await vi.waitUntil(() => tab.call() === 'connected' && owner.status() === 'live')
  expect(tab.state().session).toMatchObject({ id, mirror: null, storage: 'persistent', error: null })
  server.emit({ type: 'userTranscriptReceived', text: 'in the new tab', final: true })
  await same(owner, tab)
  expect(tab.texts()).toEqual(['before', 'One sentence', 'in the new tab'])
  await vi.waitUntil(() => server.open === 1)

  // And back, with the component's button.
  await owner.agent.connect()
  await vi.waitUntil(() => owner.call() === 'connected' && tab.status() === 'live')
  expect(server.tab()).toBe('owner')
  await same(tab, owner)
})

test('if the server cannot move its agent, the previous tab leaves first, and the outcome says so', async () => {
  const { owner, tab, server } = await openPair(createAgentServer({ canHandOver: false }))
  expect(await tab.mirror.takeOver()).toEqual({ isSeamless: false })
  await vi.waitUntil(() => tab.call() === 'connected' && owner.status() === 'live')
  expect(server.connections.map(({ isHandover }) => isHandover)).toEqual([false, false])
  expect(server.connections[1]).toMatchObject({ tab: 'mirror', resume: true })
  await same(owner, tab)
  expect(server.open).toBe(1)
})

test('a handover whose call fails falls back to the takeover', async () => {
  const { owner, tab, server } = await openPair()
  server.failNext()
  expect(await tab.mirror.takeOver()).toEqual({ isSeamless: false })
  await vi.waitUntil(() => tab.call() === 'connected' && owner.status() === 'live')
  await same(owner, tab)
})

test('a conversation without a call moves without one, and gets one if the user presses Start', async () => {
  const { owner, tab, server } = await openPair()
  await owner.agent.disconnect()
  expect(await tab.mirror.takeOver()).toEqual({ isSeamless: false })
  expect(server.connections).toHaveLength(1)
  await vi.waitUntil(() => owner.status() === 'live')
  await owner.agent.connect()
  await vi.waitUntil(() => owner.call() === 'connected')
  expect(server.connections).toHaveLength(2)
  await vi.waitUntil(() => tab.status() === 'live')
})

test.each([true, false])(
  'a call that the user ends while it moves here ends (handover: %s)',
  async (canHandOver) => {
    const { owner, tab, server } = await openPair(createAgentServer({ canHandOver }))
    server.begin('t1', 'One sentence')
    const called = tab.agent.connect()
    called.catch(() => undefined)
    expect(tab.status()).toBe('moving')
    const ended = tab.agent.disconnect()
    await vi.waitUntil(() => owner.call() === 'disconnected')
    server.end('t1')
    await ended
    await expect(called).rejects.toMatchObject({ code: 'not-connected' })
    await vi.waitUntil(() => tab.call() === 'disconnected' && owner.status() === 'live')
    expect(tab.state().session.mirror).toBeNull()
    expect(server.open).toBe(0)
  },
)

test.each([true, false])(
  'a call that the user ends in the previous tab while it moves ends in both (handover: %s)',
  async (canHandOver) => {
    const { owner, tab, server } = await openPair(createAgentServer({ canHandOver }))
    server.begin('t1', 'One sentence')
    const called = tab.agent.connect()
    called.catch(() => undefined)
    // With a handover, the previous tab still has the call. Otherwise, its request is on its way.
    if (canHandOver) await vi.waitUntil(() => server.connections.length === 2)
    await owner.agent.disconnect()
    await expect(called).rejects.toMatchObject({ code: 'not-connected' })
    await vi.waitUntil(() => tab.status() === null && owner.status() === 'live')
    expect([tab.call(), owner.call()]).toEqual(['disconnected', 'disconnected'])
    expect(server.open).toBe(0)
    expect(server.connections).toHaveLength(canHandOver ? 2 : 1)
  },
)

test('a text that is typed, and a microphone that is muted, while the conversation moves here, is sent and stays muted', async () => {
  const { owner, tab, server } = await openPair(createAgentServer({ canHandOver: false }))
  const called = tab.agent.connect()
  // The previous tab gets these commands after it has left the conversation.
  await new Promise<void>((resolve) => {
    const unsubscribe = owner.store.subscribe(() => {
      if (owner.state().session.id !== null) return
      unsubscribe()
      tab.agent.sendText('while it moves')
      tab.agent.mute()
      resolve()
    })
  })
  await called
  await vi.waitUntil(() => tab.call() === 'connected' && server.texts().includes('while it moves'))
  expect(tab.texts()).toEqual(['before', 'while it moves'])
  expect(server.texts()).toEqual(['before', 'while it moves'])
  await vi.waitUntil(() => tab.state().connection.isMuted)
  expect(tab.state().connection.error).toBeNull()
})

test('End in the previous tab after the conversation has left it ends the call in the next tab', async () => {
  const { owner, tab, server } = await openPair(createAgentServer({ canHandOver: false }))
  const ended = new Promise<void>((resolve) => {
    const unsubscribe = owner.store.subscribe(() => {
      if (owner.state().session.id !== null) return
      unsubscribe()
      resolve(owner.agent.disconnect())
    })
  })
  await tab.mirror.takeOver()
  await ended
  await vi.waitUntil(() => tab.call() === 'disconnected' && owner.call() === 'disconnected')
  expect(server.open).toBe(0)
})

test.each([true, false])(
  'words that the previous tab could not save move with the conversation (handover: %s)',
  async (canHandOver) => {
    const { owner, tab, server } = await openPair(createAgentServer({ canHandOver }))
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('', 'QuotaExceededError')
    })
    onTestFinished(() => put.mockRestore())
    server.emit({ type: 'userTranscriptReceived', text: 'not saved', final: true })
    await vi.waitUntil(() => tab.texts().includes('not saved'))
    await tab.mirror.takeOver()
    put.mockRestore()
    await vi.waitUntil(() => tab.call() === 'connected' && owner.status() === 'live')
    expect(tab.texts()).toEqual(['before', 'not saved'])
    await tab.voiceAgent.persistor.flush()
    await same(owner, tab)
  },
)

test('if two mirrors take the conversation over at the same time, one gets it, and both show it', async () => {
  const { owner, tab, id, server, shared } = await openPair()
  const other = await openTab('other', shared)
  await other.mirror.follow(id)
  const outcomes = await Promise.allSettled([tab.mirror.takeOver(), other.mirror.takeOver()])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const [winner, loser] = outcomes[0]?.status === 'fulfilled' ? [tab, other] : [other, tab]
  await vi.waitUntil(() => winner.call() === 'connected')
  await vi.waitUntil(() => loser.status() === 'live' && owner.status() === 'live')
  await same(loser, winner)
  await same(owner, winner)
  expect(server.open).toBe(1)
})

test('muting and the talk mode are preserved', async () => {
  const { owner, tab, server } = await openPair()
  owner.agent.setTalkMode('push-to-talk')
  owner.agent.mute()
  await vi.waitUntil(() => tab.state().connection.isMuted)
  await tab.mirror.takeOver()
  await vi.waitUntil(() => tab.call() === 'connected')
  expect(tab.state().connection).toMatchObject({ isMuted: true, talk: 'push-to-talk' })
  expect(server.open).toBe(1)
})

test('if the owner is gone, the mirror offers to continue, and does', async () => {
  const { owner, tab, server } = await openPair()
  await owner.close()
  await vi.waitUntil(() => tab.status() === 'gone')
  expect(tab.texts()).toEqual(['before'])
  await tab.agent.connect()
  await vi.waitUntil(() => tab.call() === 'connected')
  expect(tab.state().session).toMatchObject({ mirror: null, error: null })
  expect(server.tab()).toBe('mirror')
})

test('if the owner is gone, one of several mirrors takes over, if the app wants that', async () => {
  const server = createAgentServer()
  const { owner, id, ...shared } = await openOwner({ server })
  const options = { ...shared, server, mirror: { whenOwnerGone: 'take-over' as const } }
  const tabs = [await openTab('one', options), await openTab('two', options)]
  for (const tab of tabs) await tab.mirror.follow(id)
  await owner.close()
  await vi.waitUntil(() => tabs.some((tab) => tab.status() === null && tab.call() === 'connected'), {
    timeout: 20_000,
  })
  await vi.waitUntil(() => tabs.some((tab) => tab.status() === 'live'), { timeout: 20_000 })
  expect(server.open).toBe(1)
  const [first, second] = tabs as [Tab, Tab]
  await same(first, second)
})

test('if the owner is gone before it gets End, the tab that takes over starts no call', async () => {
  const { owner, id, ...shared } = await openOwner()
  const tab = await openTab('mirror', { ...shared, mirror: { whenOwnerGone: 'take-over' } })
  await tab.mirror.follow(id)
  const ended = tab.agent.disconnect().catch(() => undefined)
  await owner.close()
  await vi.waitUntil(() => tab.status() === null, { timeout: 20_000 })
  await ended
  expect([tab.state().session.id, tab.call(), shared.server.open]).toEqual([id, 'disconnected', 0])
})

test("time travel in one tab doesn't affect the others", async () => {
  const enhancer = instrument() as StoreEnhancer
  const server = createAgentServer()
  const { owner, id, ...shared } = await openOwner({ server, enhancer })
  const tab = await openTab('mirror', { ...shared, server, enhancer })
  await tab.mirror.follow(id)
  server.emit({ type: 'userTranscriptReceived', text: 'second', final: true })
  await same(tab, owner)
  const lifted = (each: Tab) => (each.store as unknown as { liftedStore: LiftedStore }).liftedStore

  lifted(owner).dispatch(ActionCreators.jumpToState(1))
  expect(owner.texts()).toEqual([])
  expect(tab.texts()).toEqual(['before', 'second'])
  server.emit({ type: 'userTranscriptReceived', text: 'third', final: true })
  await vi.waitUntil(() => tab.texts().length === 3)
  lifted(owner).dispatch(ActionCreators.jumpToState(lifted(owner).getState().computedStates.length - 1))
  expect(owner.texts()).toEqual(['before', 'second', 'third'])

  lifted(tab).dispatch(ActionCreators.jumpToState(1))
  tab.agent.sendText('typed in the past')
  await vi.waitUntil(() => server.texts().includes('typed in the past'))
  expect(tab.texts()).not.toContain('typed in the past')
})
