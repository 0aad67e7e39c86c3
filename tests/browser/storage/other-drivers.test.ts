import localforage from 'localforage'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { createEncryptedStorage, createPassphraseKeyProvider } from '../../../src/storage.js'
import { openStorage } from './fixture.js'
import { defineMapDriver, MAP_DRIVER, mapStores } from './map-driver.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

beforeAll(defineMapDriver)

const keyProvider = createPassphraseKeyProvider('words', { salt: new Uint8Array(16), iterations: 10 })
const databaseNames = async () => (await indexedDB.databases()).map(({ name }) => name)

/** Lists the database's entries in localStorage, which other tests use at the same time. */
const namesIn = (databaseName: string) =>
  Object.keys(localStorage).filter((name) => name.startsWith(databaseName))

/** Everything that a driver stores for a database, as text. */
const contents = (databaseName: string) =>
  JSON.stringify(
    [
      namesIn(databaseName).map((name) => [name, localStorage.getItem(name)]),
      [...(mapStores.get(databaseName) ?? [])],
    ],
    (_name, value: unknown) =>
      value instanceof ArrayBuffer ? new TextDecoder('latin1').decode(value) : value,
  )

test('a driver that closes while it creates a session leaves no key behind', async () => {
  const { records, databaseName } = await openStorage({ driver: MAP_DRIVER })
  const creating = records.create('s1')
  await records.close()
  expect(await creating).toBeNull()
  expect([...(mapStores.get(databaseName)?.keys() ?? [])].filter((key) => key.includes('s1'))).toEqual([])
})

test.for([{ driver: localforage.LOCALSTORAGE, keyProvider }, { driver: MAP_DRIVER }])(
  'a conversation is saved, restored, listed, deleted and cleaned up with the driver $driver',
  async (options) => {
    const persistence = { databaseName: freshName('driver'), ...options }
    const first = await openTalkingTab(persistence, 'teapot')
    expect(first.state().session).toMatchObject({ storage: 'persistent', error: null })
    await first.voiceAgent.dispose()
    expect(contents(persistence.databaseName)).toContain(first.id)
    expect(contents(persistence.databaseName)).not.toContain('teapot')

    const second = openPage(persistence)
    expect(await second.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
    expect(second.texts()).toEqual(['teapot'])
    await second.voiceAgent.dispose()

    const third = openTab(persistence)
    expect(await third.sessionManager.listSessions()).toMatchObject([{ id: first.id, messageCount: 1 }])
    const page = await third.sessionManager.listSessions({ limit: 1 })
    expect(page).toMatchObject([{ id: first.id }])
    expect(await third.sessionManager.listSessions({ limit: 1, before: page.at(-1) })).toEqual([])
    await third.sessionManager.deleteSession(first.id)
    expect(await third.sessionManager.listSessions()).toEqual([])
    expect(contents(persistence.databaseName)).not.toContain(first.id)
    await third.voiceAgent.dispose()

    const old = await openTalkingTab(persistence)
    await old.voiceAgent.dispose()
    const fourth = openTab({ ...persistence, retentionMs: 0 })
    await fourth.sessionManager.initialize()
    expect(await fourth.sessionManager.cleanup()).toBe(0)
    await fourth.voiceAgent.dispose()
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 25 * 3_600_000)
    const fifth = openTab({ ...persistence, retentionMs: 0 })
    await fifth.sessionManager.initialize()
    // Without idle callbacks, the cleanup starts after 5 s.
    await vi.waitFor(() => expect(contents(persistence.databaseName)).not.toContain(old.id), 45_000)
    vi.restoreAllMocks()
    // Nothing was stored anywhere else.
    expect(await databaseNames()).not.toContain(persistence.databaseName)
  },
)

test('a driver that cannot store keys is not used without a key provider: nothing is stored, and the state says why', async () => {
  const databaseName = freshName('driver')
  const page = await openTalkingTab({ databaseName, driver: localforage.LOCALSTORAGE })
  expect(page.texts()).toEqual(['before'])
  expect(page.state().session).toMatchObject({
    storage: 'memory',
    error: { code: 'storage-unavailable', message: expect.stringContaining('keyProvider') },
  })
  await page.agent.newSession()
  expect(page.state().session.error).toMatchObject({ code: 'storage-unavailable' })
  expect(namesIn(databaseName)).toEqual([])
  expect(await databaseNames()).not.toContain(databaseName)

  const onStatus = vi.fn()
  const values = createEncryptedStorage({ databaseName, driver: localforage.LOCALSTORAGE, onStatus })
  await values.setItem('k', 'value')
  expect(onStatus).toHaveBeenCalledWith('memory', expect.objectContaining({ code: 'storage-unavailable' }))
  expect(namesIn(databaseName)).toEqual([])
})

test('values of createEncryptedStorage survive in localStorage, encrypted', async () => {
  const options = { databaseName: freshName('driver'), driver: localforage.LOCALSTORAGE, keyProvider }
  await createEncryptedStorage(options).setItem('k', 'teapot')
  expect(contents(options.databaseName)).not.toContain('teapot')
  expect(await createEncryptedStorage(options).getItem('k')).toBe('teapot')
  await createEncryptedStorage(options).removeItem('k')
  // The key provider's check record stays.
  expect(namesIn(options.databaseName)).toEqual([expect.stringMatching(/meta\/key$/)])
})

test('with a missing driver, everything stays in memory, and no other driver is used', async () => {
  const databaseName = freshName('driver')
  const { records, statuses } = await openStorage({ databaseName, driver: 'unheardOf' })
  await records.setItem('s1', snapshotOf({ length: 3 }))
  expect(statuses).toMatchObject([['memory', { code: 'storage-unavailable' }]])
  expect(await records.getItem('s1')).toEqual(snapshotOf({ length: 3 }))
  expect(namesIn(databaseName)).toEqual([])
  expect(await databaseNames()).not.toContain(databaseName)
})

test('a write that exceeds localStorage is reported, and the next one that fits recovers', async () => {
  const { records, statuses } = await openStorage({ driver: localforage.LOCALSTORAGE, keyProvider })
  await records.setItem('s1', snapshotOf({ length: 1 }))
  const setItem = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  onTestFinished(() => setItem.mockRestore())
  const written = records.setItem('s1', snapshotOf({ length: 2, revision: 2 }))
  await expect(written).rejects.toMatchObject({ code: 'storage-quota' })
  setItem.mockRestore()
  await records.setItem('s1', snapshotOf({ length: 2, revision: 3 }))
  expect(statuses.map(([status]) => status)).toEqual(['persistent', 'degraded', 'persistent'])
})
