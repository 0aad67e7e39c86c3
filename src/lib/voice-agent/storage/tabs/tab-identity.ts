import type { TabIdentity } from '../../../../../middleware/drivers/storage/ports.js'
import { createOwnership } from './ownership.js'
import { names, type PageStorage, removeCopies } from './session-storage.js'
import { newTabId } from './tab-id.js'

type Claim = Awaited<ReturnType<TabIdentity['claim']>>

/** A tab's identity, and which other tabs are open. */
export interface Tab extends TabIdentity {
  /** Lists the ids of all open tabs, including this one; null in a browser without Web Locks. */
  liveTabs(): Promise<ReadonlySet<string> | null>
}

/**
 * Identifies a tab by an id in sessionStorage, which the page owns while it is open.
 *
 * A reloaded page finds the id free. A duplicated tab finds it owned by the original tab and creates an id of its own. A
 * second agent in one page also creates one, and leaves sessionStorage to the first agent.
 */
export function createTab(databaseName: string, page: PageStorage): Tab {
  let hasReturned = false
  const ownership = createOwnership(databaseName, 'tab', (tabId) => {
    // A page that comes back from the back/forward cache may hear only after `pageshow` that its id was taken over.
    if (hasReturned) void ownership.acquire(tabId)
    hasReturned = false
  })
  let claim: Promise<Claim> | null = null

  async function claimAsSecondAgent(): Promise<Claim> {
    const tabId = newTabId()
    await ownership.acquire(tabId)
    return { tabId, isDuplicate: true }
  }

  async function claimId(): Promise<Claim> {
    if (!page.acquire()) return claimAsSecondAgent()
    const stored = page.get(names.tab)
    const isDuplicate = stored !== null && !(await ownership.acquire(stored))
    if (isDuplicate) removeCopies(page)
    const tabId = stored === null || isDuplicate ? newTabId() : stored
    if (tabId !== stored) {
      // In this order: a tab that is duplicated in between would own it first.
      await ownership.acquire(tabId)
      page.set(names.tab, tabId)
    }
    return { tabId, isDuplicate }
  }

  /** Acquires the id again, because older WebKit lets other pages take it over during the back/forward cache. */
  function onBfcacheRestore(event: PageTransitionEvent) {
    hasReturned = event.persisted
    if (event.persisted) void claim?.then(({ tabId }) => ownership.acquire(tabId))
  }

  return {
    claim() {
      if (!claim) globalThis.addEventListener?.('pageshow', onBfcacheRestore)
      claim ??= claimId()
      return claim
    },
    liveTabs: ownership.listOwned,
    setPendingCall(isWanted) {
      if (isWanted) page.set(names.call, 'wanted')
      else page.remove(names.call)
    },
    consumePendingCall() {
      const isWanted = page.get(names.call) !== null
      page.remove(names.call)
      return isWanted
    },
    release() {
      claim = null
      page.release()
      void ownership.close()
      globalThis.removeEventListener?.('pageshow', onBfcacheRestore)
    },
  }
}
