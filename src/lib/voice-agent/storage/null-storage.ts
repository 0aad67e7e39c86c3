import { toVoiceError, type VoiceAgentError } from '../../../../store/index.js'
import { newTabId } from './tabs/tab-id.js'
import type { LazyStorage } from './voice-storage.js'

const nothing = async () => {}

/**
 * For an agent that keeps nothing, and a page that could not load what keeps: no session is ever stored, and a token lives in the
 * middleware alone.
 *
 * @param error Why nothing is kept, where something should be.
 */
export function createNullStorage(error: VoiceAgentError | null = null, tabId = newTabId()): LazyStorage {
  return {
    onStorageLoaded() {},
    records: {
      async open(onStatus) {
        onStatus('memory', error && toVoiceError(error))
        return 'memory'
      },
      create: nothing,
      removeItem: nothing,
      list: async () => [],
      flushSync() {},
      close: nothing,
    },
    tokens: { save: nothing, clear() {} },
    tab: { claim: async () => ({ tabId, isDuplicate: false }), release() {} },
  }
}
