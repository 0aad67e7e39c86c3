import { expect, test, vi } from 'vitest'
import { memoryStores } from '../../../src/storage/stores.js'
import {
  type ByteStore,
  createDeviceKeyProvider,
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type OpenByteStore,
  verifyPassphrase,
} from '../../../src/storage.js'
import { openStorage } from './fixture.js'
import { freshName } from './persisted-store.js'
import { snapshotOf } from './snapshots.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

const keyProvider = createPassphraseKeyProvider('words', { salt: new Uint8Array(16), iterations: 10 })
const databaseNames = async () => (await indexedDB.databases()).map(({ name }) => name)

/** Records everything passed to a store, as text. */
function watched(open: OpenByteStore): { open: OpenByteStore; seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    async open(name) {
      const store = await open(name)
      return {
        ...store,
        write(batch) {
          for (const { key, value } of batch.put) seen.push(key, new TextDecoder('latin1').decode(value))
          return store.write(batch)
        },
      }
    },
  }
}

test("a conversation is saved, restored, listed, deleted and erased in an app's store", async () => {
  const { open, seen } = watched(memoryStores())
  const persistence = { databaseName: freshName('store'), store: open, keyProvider }
  const first = await openTalkingTab(persistence, 'teapot')
  expect(first.state().session).toMatchObject({
    storage: 'persistent',
    error: null,
    keyProtection: 'wrapped',
  })
  await first.voiceAgent.dispose()
  expect(seen.join('\n')).toContain(first.id)
  expect(seen.join('\n')).not.toContain('teapot')

  const second = openPage(persistence)
  expect(await second.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(second.texts()).toEqual(['teapot'])
  await second.voiceAgent.dispose()

  const third = openTab(persistence)
  expect(await third.sessionManager.listSessions()).toMatchObject([{ id: first.id, messageCount: 1 }])
  expect(await third.sessionManager.listSessions({ limit: 1 })).toMatchObject([{ id: first.id }])
  await third.sessionManager.deleteSession(first.id)
  expect(await third.sessionManager.listSessions()).toEqual([])
  await third.voiceAgent.dispose()
  expect(await databaseNames()).not.toContain(persistence.databaseName)
})

test('erasing ends what another tab stores, and leaves nothing of it', async () => {
  const stores = memoryStores()
  const persistence = { databaseName: freshName('store'), store: stores, keyProvider }
  const first = await openTalkingTab(persistence, 'teapot')
  const second = openTab(persistence)
  await second.sessionManager.initialize()
  await second.sessionManager.eraseAll()
  await vi.waitFor(() => expect(first.texts()).toEqual([]))
  const { ranges } = await (await stores(persistence.databaseName)).read({
    keys: [],
    ranges: [{ lower: '', upper: '~' }],
  })
  const keys = (ranges[0] ?? []).map(({ key }) => key).filter((key) => !key.startsWith('meta/'))
  expect(keys).toEqual([])
  await first.voiceAgent.dispose()
  await second.voiceAgent.dispose()
})

test('a store without a key provider is rejected immediately, because it could not store a key', () => {
  const options = { databaseName: freshName('store'), store: memoryStores() }
  const refused = expect.objectContaining({
    code: 'invalid-option',
    message: expect.stringContaining('createDeviceKeyProvider()'),
  })
  expect(() => openTab(options)).toThrow(refused)
  expect(() => createEncryptedStorage(options)).toThrow(refused)
  expect(() => openTab({ ...options, keyProvider, driver: 'x' })).toThrow(/left out/)
})

test('values and passphrases also work in a store', async () => {
  const options = { databaseName: freshName('store'), store: memoryStores() }
  await createEncryptedStorage({ ...options, keyProvider }).setItem('k', 'teapot')
  expect(await createEncryptedStorage({ ...options, keyProvider }).getItem('k')).toBe('teapot')
  expect(await verifyPassphrase(keyProvider, options)).toBe('right')
})

test('the device key opens what another page of the profile stored, and is the same in two tabs', async () => {
  const keyName = freshName('device-key')
  const deviceKey = () => createDeviceKeyProvider({ databaseName: keyName })
  const [one, other] = await Promise.all([deviceKey()(), deviceKey()()])
  expect(one.extractable).toBe(false)
  const options = { databaseName: freshName('store'), store: memoryStores() }
  await createEncryptedStorage({ ...options, keyProvider: async () => one }).setItem('k', 'teapot')
  expect(await createEncryptedStorage({ ...options, keyProvider: async () => other }).getItem('k')).toBe(
    'teapot',
  )
  const third = createEncryptedStorage({ ...options, keyProvider: deviceKey() })
  expect(await third.getItem('k')).toBe('teapot')
})

/** Faults of a store's n-th call. */
const faults = {
  'throws synchronously': (): Promise<never> => {
    throw new Error('broken')
  },
  'rejects before it writes': () => Promise.reject(new Error('broken')),
  'rejects after it has written': async (call: () => Promise<unknown>) => {
    await call()
    throw new Error('broken')
  },
  'answers with nothing': async () => undefined,
  'returns malformed data': async () => ({ values: ['text'], ranges: [[{ key: 1 }]] }),
  'is full': () => Promise.reject(new DOMException('', 'QuotaExceededError')),
} satisfies Record<string, (call: () => Promise<unknown>) => Promise<unknown>>

/** A store where every n-th call fails. */
function failing(open: OpenByteStore, every: number, fault: keyof typeof faults): OpenByteStore {
  let count = 0
  return async (name) => {
    const store = await open(name)
    const guard =
      <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
      (...args: Args): Promise<Result> =>
        ++count % every === 0 ? (faults[fault](() => method(...args)) as Promise<Result>) : method(...args)
    const guarded: ByteStore = {
      read: guard((query) => store.read(query)),
      write: guard((batch) => store.write(batch)),
      readIndex: guard((query) => store.readIndex(query)),
      close: () => store.close(),
    }
    return guarded
  }
}

test.each(Object.keys(faults) as (keyof typeof faults)[])(
  'a store where every n-th call %s loses nothing that was reported as saved',
  async (fault) => {
    let savedInAll = 0
    for (let every = 2; every <= 12; every++) {
      const stores = memoryStores()
      const databaseName = freshName('failing')
      const page = await openStorage({ databaseName, store: failing(stores, every, fault), keyProvider })
      // If a store did not open, everything stays in memory, and the status says so.
      const isStored = page.statuses.at(-1)?.[0] !== 'memory'
      let saved = 0
      for (let revision = 1; revision <= 20; revision++) {
        await page.records.setItem('s1', snapshotOf({ length: 50 + revision * 3, revision })).then(
          () => {
            saved = revision
          },
          () => {},
        )
      }
      if (!isStored) continue
      savedInAll += saved
      const sound = await page.reload({ store: stores })
      const restored = await sound.records.getItem('s1')
      expect(restored?.revision ?? 0, `every ${every}`).toBeGreaterThanOrEqual(saved)
      if (restored) expect(restored.messages).toHaveLength(50 + restored.revision * 3)
    }
    expect(savedInAll).toBeGreaterThan(50)
  },
)
