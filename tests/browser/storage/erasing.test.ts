import { expect, test, vi } from 'vitest'
import { createEncryptedStorage } from '../../../src/lib/voice-agent/storage/index.js'
import { entriesOf, openStorage, rawRecords } from './fixture.js'
import { defineMapDriver, MAP_DRIVER } from './map-driver.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

/** Keys of stored data, except records of erasures. */
const keysOf = async (databaseName: string) =>
  [...(await rawRecords(databaseName)).keys()].filter((key) => !key.startsWith('meta/'))

test('everything is deleted, in this tab and in another one, whose call ends', async () => {
  const page = await openTalkingTab({ databaseName: freshName('erase') })
  const other = await openTalkingTab({ databaseName: page.databaseName })
  const heard = vi.fn()
  other.agent.on('allErased', heard)
  await page.persistor.flush()
  await page.sessionManager.eraseAll()
  expect(await keysOf(page.databaseName)).toEqual([])
  await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith({ isElsewhere: true }))
  for (const tab of [page, other]) {
    expect(tab.transport.open).toBe(0)
    expect(tab.texts()).toEqual([])
    expect(tab.state().session).toMatchObject({ id: null, storage: 'persistent', error: null })
    expect(await tab.sessionManager.listSessions()).toEqual([])
  }
  await other.persistor.flush()
  expect(await keysOf(page.databaseName)).toEqual([])
})

test('a later conversation is stored, in both tabs', async () => {
  const page = await openTalkingTab({ databaseName: freshName('erase') })
  const other = await openTalkingTab({ databaseName: page.databaseName })
  await page.sessionManager.eraseAll()
  await vi.waitFor(() => expect(other.state().session.id).toBeNull())
  for (const tab of [page, other]) {
    await tab.agent.connect()
    tab.agent.sendText('after')
    await tab.persistor.flush()
    expect(tab.state().session).toMatchObject({ storage: 'persistent', error: null })
  }
  expect(await page.sessionManager.listSessions()).toMatchObject([{ messageCount: 1 }, { messageCount: 1 }])
})

test('erasing twice, or while the page restores its session, leaves nothing', async () => {
  const before = await openTalkingTab({ databaseName: freshName('erase') })
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName: before.databaseName })
  await Promise.all([page.sessionManager.eraseAll(), page.sessionManager.eraseAll()])
  expect(await page.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  expect(page.transport.open).toBe(0)
  expect(page.texts()).toEqual([])
  expect(await keysOf(before.databaseName)).toEqual([])
  expect(entriesOf(before.databaseName).filter((key) => !key.endsWith(':tab'))).toEqual([])
})

test('a call requested during the erasure belongs to a new session', async () => {
  const page = await openTalkingTab({ databaseName: freshName('erase') })
  const erased = page.sessionManager.eraseAll()
  const connected = page.agent.connect()
  await erased
  await connected
  page.agent.sendText('after')
  await page.persistor.flush()
  expect(page.texts()).toEqual(['after'])
  expect(page.state().session.id).not.toBe(page.id)
  expect(await page.sessionManager.listSessions()).toMatchObject([{ messageCount: 1 }])
})

test('what a page saves after the erasure, before it is notified, is not written', async () => {
  const page = await openStorage()
  await page.records.create('a')
  await page.records.setItem('a', snapshotOf({ id: 'a' }))
  // A channel that receives nothing, like a frozen page's.
  const original = globalThis.BroadcastChannel
  class Deaf extends original {
    override postMessage() {}
  }
  vi.stubGlobal('BroadcastChannel', Deaf)
  const other = await openStorage({ databaseName: page.databaseName })
  await other.eraseAll()
  vi.unstubAllGlobals()
  const erased = vi.fn()
  page.onErased(erased)
  // Cancelled, like saving a deleted session.
  await page.records.setItem('a', snapshotOf({ id: 'a', length: 2, revision: 2 }))
  expect(erased).toHaveBeenCalledOnce()
  expect(await keysOf(page.databaseName)).toEqual([])
  // It continues with the empty database.
  await page.records.create('b')
  await page.records.setItem('b', snapshotOf({ id: 'b' }))
  expect(await page.records.list()).toMatchObject([{ id: 'b' }])
})

test('encrypted values: the erasing page continues with the empty database, and another page writes nothing more', async () => {
  const page = await openTalkingTab({ databaseName: freshName('erase') })
  const { databaseName } = page
  const own = createEncryptedStorage({ databaseName })
  await own.setItem('cart', 'two cups')
  await page.sessionManager.eraseAll()
  expect(await own.getItem('cart')).toBeNull()
  await own.setItem('cart', 'one spoon')
  expect(await own.getItem('cart')).toBe('one spoon')
  const keys = await keysOf(databaseName)
  expect(keys.filter((key) => key.includes('cart')).length).toBe(keys.length)
})

test('a driver without transactions', async () => {
  await defineMapDriver()
  const storage = await openStorage({ driver: MAP_DRIVER })
  await storage.records.create('a')
  await storage.records.setItem('a', snapshotOf({ id: 'a' }))
  await storage.eraseAll()
  expect(await storage.records.list()).toEqual([])
  await storage.records.create('b')
  await storage.records.setItem('b', snapshotOf({ id: 'b' }))
  expect(await storage.records.list()).toMatchObject([{ id: 'b' }])
})

test('a missing database is not created', async () => {
  const databaseName = freshName('erase')
  const page = openTab({ databaseName, consent: false })
  await page.sessionManager.eraseAll()
  expect((await indexedDB.databases()).some(({ name }) => name === databaseName)).toBe(false)
})

type Storage = Awaited<ReturnType<typeof openStorage>>

async function eraseElsewhere(storage: Storage) {
  const noticed = new Promise<void>((resolve) => storage.onErased(resolve))
  await (await openStorage({ databaseName: storage.databaseName })).eraseAll()
  await noticed
}

test.each([
  ['another page erases everything', eraseElsewhere],
  ['the consent is withdrawn', (storage: Storage) => storage.reopen({ consent: false })],
])('a token that is still being encrypted when %s is not stored', async (_, end) => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 1 }))
  let proceed = () => {}
  const held = new Promise<void>((resolve) => {
    proceed = resolve
  })
  const { encrypt } = crypto.subtle
  const encrypting = new Promise<void>((resolve) => {
    vi.spyOn(crypto.subtle, 'encrypt').mockImplementationOnce(async (...args) => {
      resolve()
      await held
      return encrypt.apply(crypto.subtle, args)
    })
  })
  const saved = storage.tokens.save('s1', {
    token: 'secret',
    expiresAt: Date.now() + 60_000,
    sessionId: 's1',
  })
  await encrypting
  await end(storage)
  proceed()
  await saved
  expect(entriesOf(storage.databaseName).filter((key) => key.endsWith(':token'))).toEqual([])
})
