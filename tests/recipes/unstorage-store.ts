import { keyValueStore } from 'redux-voice-agent/storage/stores'
import type { Storage } from 'unstorage'

/** Opens stores in any driver of unstorage: Redis, PostgreSQL, HTTP, a folder. */
export const unstorageStore = (storage: Storage) =>
  keyValueStore(() => ({
    get: (key) => storage.getItemRaw<Uint8Array>(key),
    set: (key, value) => storage.setItemRaw(key, value),
    remove: (key) => storage.removeItem(key),
    keys: async (prefix) => (await storage.getKeys()).filter((key) => key.startsWith(prefix)),
  }))
