import { nanoid } from '@reduxjs/toolkit'
import type { VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'

const nothing = async () => {}

/** Storage of an agent that stores nothing: there is no session to restore, and a token lives only in the middleware. */
export function createNullStorage(tabId = nanoid()): VoiceStorage {
  return {
    records: {
      async open(onStatus) {
        onStatus('memory', null)
        return 'memory'
      },
      onLost() {},
      create: nothing,
      getItem: async () => null,
      setItem: nothing,
      removeItem: nothing,
      list: async () => [],
      stage() {},
      flushSync() {},
      reloadIfNewer: async () => null,
      release: nothing,
      quarantine() {},
      readEarlier: async () => ({ messages: [], firstLoadedIndex: 0 }),
      removeExpired: async () => 0,
      close: nothing,
    },
    tokens: { read: () => null, save: nothing, clear() {} },
    tab: {
      claim: async () => ({ tabId, isDuplicate: false }),
      release() {},
      setCallIntent() {},
      callIntent: () => null,
    },
    eraseAll: nothing,
    reopen: nothing,
  }
}
