import type { TabIdentity } from '../../../../middleware/restore/ports.js'
import { dropJournals } from './journal.js'
import type { PageStorage } from './page-storage.js'
import { createTabLock, type TabLock } from './tab-lock.js'
import { createTabPresence } from './tab-presence.js'
import { dropToken } from './token-vault.js'

const NAME = 'tab'

type Claim = Awaited<ReturnType<TabIdentity['claim']>>

/** A tab's identity, and which other tabs are open. */
export interface Tab extends TabIdentity {
  /** Ids of the tabs that are open now, this one among them; empty in a browser without Web Locks. */
  liveTabs(): Promise<ReadonlySet<string>>
}

/**
 * An id in sessionStorage, held with a Web Lock while the page lives. A reload finds the lock free. A tab whose
 * sessionStorage was copied finds it taken and asks: an answer makes it a tab of its own, silence means a lock that was
 * left behind, which it takes over.
 */
export function createTab(databaseName: string, page: PageStorage): Tab {
  const lock: TabLock = createTabLock(databaseName)
  const presence = createTabPresence(databaseName)
  let claim: Promise<Claim> | null = null

  async function isTaken(tabId: string): Promise<boolean> {
    const held = await lock.tryHold(tabId)
    if (held === 'held') return false
    if (await presence.isAnswered(tabId)) return true
    // Older WebKit kept the locks of pages in the back/forward cache.
    if (held === 'taken') await lock.steal(tabId)
    return false
  }

  async function claimId(): Promise<Claim> {
    const stored = page.get(NAME)
    const isDuplicate = stored !== null && (await isTaken(stored))
    if (isDuplicate) {
      dropToken(page)
      dropJournals(page)
    }
    const tabId = stored === null || isDuplicate ? newTabId() : stored
    if (tabId !== stored) {
      page.set(NAME, tabId)
      await lock.tryHold(tabId)
    }
    presence.answerFor(tabId)
    globalThis.addEventListener?.('pageshow', comeBack)
    return { tabId, isDuplicate }
  }

  /** Back from the back/forward cache: the lock may have been stolen, as older WebKit lets it be. */
  function comeBack(event: PageTransitionEvent) {
    if (event.persisted && !lock.isHeld()) void claim?.then(({ tabId }) => isTaken(tabId))
  }

  return {
    claim: () => (claim ??= claimId()),
    liveTabs: () => lock.heldTabs(),
    release() {
      claim = null
      lock.release()
      presence.close()
      globalThis.removeEventListener?.('pageshow', comeBack)
    },
  }
}

/** Not `randomUUID`: insecure origins don't have it. */
export function newTabId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
