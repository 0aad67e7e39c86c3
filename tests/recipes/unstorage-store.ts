import { keyValueStore } from 'redux-voice-agent/storage/stores'
import type { Storage } from 'unstorage'

/** Opens stores in any driver of unstorage: Redis, PostgreSQL, HTTP, a folder. */
export const unstorageStore = (storage: Storage) =>
  keyValueStore(() => ({
    // The HTTP driver fails for a key without a value, and returns an ArrayBuffer.
    async get(key) {
      const bytes = (await storage.hasItem(key)) && (await storage.getItemRaw<ArrayBuffer>(key))
      return bytes ? new Uint8Array(bytes) : null
    },
    set: (key, value) => storage.setItemRaw(key, value),
    remove: (key) => storage.removeItem(key),
    keys: async (prefix) => (await storage.getKeys()).filter((key) => key.startsWith(prefix)),
  }))
