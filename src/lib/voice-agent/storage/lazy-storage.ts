import type { StartPersistence } from '../../../../middleware/persistence/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { StorageOptions } from './engine.js'
import { createNullStorage } from './null-storage.js'
import type { LazyStorage } from './voice-storage.js'

type Loaded = Omit<LazyStorage, 'onStorageLoaded'>

const importStorage = () => import('./storage.js')

/**
 * Wraps a tab's storage whose code is imported on the first call. If the import fails, the page continues with a null
 * storage and reports `storage-unavailable`; stored sessions stay for the next page load.
 */
export function createLazyStorage(options: StorageOptions, load = importStorage): LazyStorage {
  let onLoaded: (startPersistence: StartPersistence) => void = () => {}
  let loading: Promise<Loaded> | null = null
  /** Set once loaded, so that later calls run in the caller's task. */
  let loaded: Loaded | null = null
  let isClosed = false

  async function start(): Promise<Loaded> {
    try {
      const { createStorage, startPersistence } = await importWithUnloadRetry(load)
      const storage = createStorage(options)
      onLoaded((context, ports) => startPersistence(context, { ...ports, ...storage }))
      return storage
    } catch (cause) {
      return createNullStorage(new VoiceAgentError('storage-unavailable', undefined, { cause }))
    }
  }

  /** Runs a task in the caller's task if the code is loaded, else after loading it. */
  async function withStorage<T>(task: (storage: Loaded) => T | Promise<T>): Promise<T> {
    // Reject calls after close(): they would load the storage again and leak it.
    if (isClosed) throw new VoiceAgentError('disposed')
    loading ??= start().then((storage) => (loaded = storage))
    return task(loaded ?? (await loading))
  }

  return {
    onStorageLoaded(listener) {
      onLoaded = listener
    },
    records: {
      open: (onStatus) => withStorage(({ records }) => records.open(onStatus)),
      create: (sessionId) => withStorage(({ records }) => records.create(sessionId)),
      removeItem: (sessionId) => withStorage(({ records }) => records.removeItem(sessionId)),
      list: () => withStorage(({ records }) => records.list()),
      flushSync: () => loaded?.records.flushSync(),
      async close() {
        isClosed = true
        await (await loading)?.records.close()
      },
    },
    tokens: {
      save: (sessionId, token) => withStorage(({ tokens }) => tokens.save(sessionId, token)),
      clear: () => void withStorage(({ tokens }) => tokens.clear()),
    },
    tab: {
      claim: () => withStorage(({ tab }) => tab.claim()),
      release() {
        if (loading) void withStorage(({ tab }) => tab.release())
      },
    },
  }
}
