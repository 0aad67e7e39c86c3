import type localforage from 'localforage'
import { plainRecordStore } from '../../../src/lib/voice-agent/storage/database/localforage-record-store.js'

/** A store in memory that can hold a `CryptoKey`, as IndexedDB can. */
export function createMapStore() {
  const items = new Map<string, unknown>()
  const instance = {
    getItem: async (key: string) => items.get(key) ?? null,
    setItem: async (key: string, value: unknown) => void items.set(key, value),
    removeItem: async (key: string) => void items.delete(key),
    keys: async () => [...items.keys()],
    config: () => ({ name: 'map' }),
  }
  return plainRecordStore(instance as unknown as typeof localforage)
}
