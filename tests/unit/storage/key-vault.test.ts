import { expect, test, vi } from 'vitest'
import type { RecordStore, WriteOptions } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { KeyVault } from '../../../src/lib/voice-agent/storage/keys/key-vault.js'
import { createIv, generateRecordKey } from '../../../src/lib/voice-agent/storage/records/cipher.js'
import { keyRecordKey, type StoredRecord } from '../../../src/lib/voice-agent/storage/records/record.js'
import { openByteRecordStore } from '../../../src/lib/voice-agent/storage/stores/byte-record-store.js'
import { memoryStores } from '../../../src/lib/voice-agent/storage/stores/memory-store.js'
import { createMapStore } from './map-store.js'

const place = keyRecordKey('session/s1')
const keyOf = (updatedAt: number) =>
  ({ v: 2, kind: 'key', owner: 'session/s1', updatedAt }) as unknown as StoredRecord

test.for([
  ['no key', null, true],
  ["the page's own key", keyOf(1), true],
  ['the key of a new session', keyOf(2), false],
] as const)(
  'with %s, records of a deleted session are removed only if that key is still stored',
  async ([, stored, isRemoved]) => {
    const writes: (WriteOptions | undefined)[] = []
    const store = {
      get: async () => stored,
      write: async (_changes: unknown, options?: WriteOptions) => void writes.push(options),
    } as unknown as RecordStore
    await new KeyVault(store, undefined).removeOrphans('session/s1', 1)
    expect(writes.map((options) => options?.expected)).toEqual(isRemoved ? [new Map([[place, stored]])] : [])
  },
)

test('a key is opened again only if its record has changed, or if it was not kept', async () => {
  const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-KW', length: 256 }, false, usages)
  const store = await openByteRecordStore(await memoryStores()('keys'))
  const provider = vi.fn(async () => wrapping)
  const owner = 'session/s1'
  const [vault, other] = [new KeyVault(store, provider), new KeyVault(store, async () => wrapping)]
  const countWhile = async (task: () => Promise<unknown>) => {
    const before = provider.mock.calls.length
    await task()
    return provider.mock.calls.length - before
  }
  const readRecord = async () => (await store.get(place)) as StoredRecord
  await other.create(owner)
  const stored = await readRecord()
  expect(await countWhile(() => vault.openOnce(owner, stored))).toBe(1)
  expect(await countWhile(() => vault.openOnce(owner, stored))).toBe(1)
  expect(await countWhile(() => vault.find(owner))).toBe(1)
  expect(await countWhile(() => vault.find(owner))).toBe(0)
  expect(await countWhile(() => vault.openOnce(owner, stored))).toBe(0)

  await other.removeWithRecords(owner)
  expect(await vault.find(owner)).toBeNull()
  const made = await other.create(owner)
  const found = await vault.find(owner)
  const iv = createIv()
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, made.key, new Uint8Array([1]))
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, found?.key as CryptoKey, data)
  expect(new Uint8Array(plain)).toEqual(new Uint8Array([1]))
})

test('a plain key that other code plants over a wrapped one is refused, even if the session was open before', async () => {
  const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-KW', length: 256 }, false, usages)
  const store = createMapStore()
  const vault = new KeyVault(store, async () => wrapping)
  await vault.create('session/s1')
  const key = await generateRecordKey(true)
  const planted: StoredRecord = { v: 2, kind: 'key', owner: 'session/s1', updatedAt: 1, key }
  await store.write(new Map([[place, planted]]))
  await expect(vault.find('session/s1')).rejects.toMatchObject({ code: 'session-unreadable' })
})
