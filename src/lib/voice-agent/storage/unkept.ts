import type { StoredToken, TokenVault } from '../../../../middleware/token-refresh/ports.js'
import { newTabId } from './new-tab-id.js'
import type { OpenSessionRecords } from './session-records.js'
import type { VoiceStorage } from './storage.js'

const nothing = async () => {}
const none = async () => null

/** Of a page that keeps nothing: no session is ever stored. */
export const noRecords: OpenSessionRecords = {
  create: nothing,
  getItem: none,
  setItem: nothing,
  removeItem: nothing,
  recheck: none,
  release: nothing,
  refuse() {},
  stage() {},
  keepStaged() {},
  readEarlier: async () => ({ messages: [], firstLoadedIndex: 0 }),
  list: async () => [],
  readHead: none,
  removeExpired: async () => 0,
  close: nothing,
}

function createMemoryTokens(): TokenVault {
  let held: StoredToken | null = null
  return {
    read: () => held,
    async save(persistedSessionId, token) {
      held = { persistedSessionId, expiresAt: token.expiresAt, open: async () => token }
    },
    clear() {
      held = null
    },
  }
}

/** For an agent that keeps nothing, and a page that could not load what keeps. Only the token lives as long as the page. */
export function unkeptStorage(tabId = newTabId()): VoiceStorage {
  return {
    records: {
      ...noRecords,
      async open(onStatus) {
        onStatus('memory', null)
        return 'memory'
      },
      onLost() {},
      onLoaded() {},
    },
    tokens: createMemoryTokens(),
    tab: {
      claim: async () => ({ tabId, isDuplicate: false }),
      release() {},
      wishForCall() {},
      takeCallWish: () => false,
    },
  }
}
