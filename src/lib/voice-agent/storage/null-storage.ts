import { toVoiceError, type VoiceAgentError } from '../../../../store/index.js'
import { newTabId } from './tabs/tab-id.js'
import type { LazyStorage } from './voice-storage.js'

const noop = async () => {}

/**
 * Creates a storage that stores nothing, for an agent without persistence and for a page that could not load the storage
 * code. Sessions and tokens stay in memory.
 *
 * @param error Reported as the reason, if the app wanted persistence.
 */
export function createNullStorage(error: VoiceAgentError | null = null, tabId = newTabId()): LazyStorage {
  return {
    onStorageLoaded() {},
    records: {
      async open(onStatus) {
        onStatus('memory', error && toVoiceError(error))
        return 'memory'
      },
      create: noop,
      removeItem: noop,
      list: async () => [],
      flushSync() {},
      close: noop,
    },
    tokens: { save: noop, clear() {} },
    tab: { claim: async () => ({ tabId, isDuplicate: false }), release() {} },
  }
}
