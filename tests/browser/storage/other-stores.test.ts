import { openDB } from 'idb'
import localforage from 'localforage'
import { beforeAll, describe, test } from 'vitest'
import { keyValueStore } from '../../../src/storage/stores.js'
import { type OpenByteStore, storeConformance } from '../../../src/storage.js'
import { defineMapDriver, MAP_DRIVER } from './map-driver.js'

beforeAll(defineMapDriver)

const localforageStore = (driver: string) =>
  keyValueStore((name) => {
    const instance = localforage.createInstance({ name, storeName: 'bytes', driver })
    return {
      get: (key) => instance.getItem<Uint8Array>(key),
      set: (key, value) => instance.setItem(key, value),
      remove: (key) => instance.removeItem(key),
      keys: async (prefix) => (await instance.keys()).filter((key) => key.startsWith(prefix)),
    }
  })

/** The store contract on IndexedDB, without the package's own store. */
const indexedStore: OpenByteStore = async (name) => {
  const db = await openDB<{
    records: {
      key: string
      value: { value: Uint8Array; updatedAt?: number }
      indexes: { time: [number, string] }
    }
  }>(`${name}-bytes`, 1, {
    upgrade: (created) => void created.createObjectStore('records').createIndex('time', 'updatedAt'),
  })
  const isEqual = (a: Uint8Array | null, b: Uint8Array | null) => JSON.stringify(a) === JSON.stringify(b)
  return {
    async read({ keys, ranges }) {
      const { store } = db.transaction('records')
      const values = keys.map(async (key) => (await store.get(key))?.value ?? null)
      const found = ranges.map(async ({ lower, upper, limit, reverse }) => {
        const range = IDBKeyRange.bound(lower, upper, false, true)
        const [names, records] = await Promise.all([store.getAllKeys(range), store.getAll(range)])
        const entries = names.map((key, index) => ({ key, value: records[index]?.value ?? new Uint8Array() }))
        return (reverse ? entries.reverse() : entries).slice(0, limit)
      })
      return { values: await Promise.all(values), ranges: await Promise.all(found) }
    },
    async write({ expect: conditions, remove, put, durability }) {
      const transaction = db.transaction('records', 'readwrite', { durability })
      const { store } = transaction
      const held = await Promise.all(
        conditions.map(async ({ key, value }) => isEqual((await store.get(key))?.value ?? null, value)),
      )
      if (held.includes(false)) return 'conflict'
      for (const one of remove) {
        const range =
          typeof one === 'string'
            ? IDBKeyRange.only(one)
            : IDBKeyRange.bound(one.lower, one.upper, false, true)
        void store.delete(range)
      }
      for (const { key, value, updatedAt } of put)
        void store.put({ value, ...(updatedAt === null ? {} : { updatedAt }) }, key)
      await transaction.done
      return 'written'
    },
    async readIndex({ limit, below = Number.MAX_VALUE, after, reverse = false }) {
      const sign = reverse ? -1 : 1
      const places: { updatedAt: number; key: string }[] = []
      let cursor = await db
        .transaction('records')
        .store.index('time')
        .openKeyCursor(null, reverse ? 'prev' : 'next')
      for (; cursor && places.length < limit; cursor = await cursor.continue()) {
        const place = { updatedAt: Number(cursor.key), key: cursor.primaryKey }
        const order = after
          ? place.updatedAt - after.updatedAt ||
            (place.key < after.key ? -1 : place.key === after.key ? 0 : 1)
          : sign
        if (place.updatedAt < below && order * sign > 0) places.push(place)
      }
      return places
    },
    close: () => db.close(),
  }
}

const stores: Record<string, OpenByteStore> = {
  IndexedDB: indexedStore,
  'localforage, on IndexedDB': localforageStore(localforage.INDEXEDDB),
  'localforage, on localStorage': localforageStore(localforage.LOCALSTORAGE),
  'localforage, on a driver of the app': localforageStore(MAP_DRIVER),
}

describe.each(Object.entries(stores))('%s', (_name, open) => {
  for (const { name, run } of storeConformance(open)) test(name, { timeout: 120_000 }, run)
})
