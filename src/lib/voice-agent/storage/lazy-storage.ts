import type { StartPersistence } from '../../../../middleware/persistence/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { StorageOptions } from './engine.js'
import { createNullStorage } from './null-storage.js'
import type { LazyStorage } from './voice-storage.js'

type Loaded = Omit<LazyStorage, 'onStorageLoaded'>

const importStorage = () => import('./storage.js')

/**
 * The storage of a tab, whose code is loaded as soon as something of it is called. Where it can't be, the page goes on without and says
 * so; what is stored waits for the next one.
 */
export function createLazyStorage(options: StorageOptions, load = importStorage): LazyStorage {
  let onLoaded: (keep: StartPersistence) => void = () => {}
  let loading: Promise<Loaded> | null = null
  /** Set once loaded, so that what must happen in the caller's own task does. */
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

  /** At once when loaded. */
  async function withStorage<T>(task: (storage: Loaded) => T | Promise<T>): Promise<T> {
    // Whoever is late would load it anew, and nobody would close it any more.
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
