/**
 * Stores for `persistence.store`, instead of IndexedDB.
 *
 * @packageDocumentation
 */

export {
  type KeyValueAccess,
  type KeyValueOptions,
  keyValueStore,
  type StoreLock,
} from '../lib/voice-agent/storage/stores/key-value-store.js'
export { memoryStores } from '../lib/voice-agent/storage/stores/memory-store.js'
export { opfsStore } from '../lib/voice-agent/storage/stores/opfs-store.js'
export {
  type StoreScope,
  type StoreWorker,
  serveStore,
  workerStore,
} from '../lib/voice-agent/storage/stores/worker-store.js'
