import type { ObjectStore } from 'redux-voice-agent/backup'

/** A double of an object store, in memory. */
export function objectStoreDouble() {
  const objects = new Map<string, Uint8Array>()
  const store: ObjectStore = {
    put: async (name, bytes) => void objects.set(name, bytes.slice()),
    get: async (name) => objects.get(name) ?? null,
    list: async (prefix) => [...objects.keys()].filter((name) => name.startsWith(prefix)),
    delete: async (name) => void objects.delete(name),
  }
  return { objects, store }
}
