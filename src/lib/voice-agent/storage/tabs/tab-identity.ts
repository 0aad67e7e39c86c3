import { nanoid } from '@reduxjs/toolkit'
import type { CallIntent, TabIdentity } from '../../../../../middleware/drivers/storage/ports.js'
import { createOwnership } from './ownership.js'
import { names, type PageStorage, removeCopies } from './session-storage.js'

type Claim = Awaited<ReturnType<TabIdentity['claim']>>

/** A tab's identity, and the other open tabs. */
export interface Tab extends Required<TabIdentity> {
  /** Lists the ids of all open tabs, including this one; null in a browser without Web Locks. */
  liveTabs(): Promise<ReadonlySet<string> | null>
  /** Records if this tab's next page must find its session by the tab's id, because its token could not be stored. */
  setTokenMissing(isMissing: boolean): void
}

export interface TabOptions {
  /** The browser's ids of pages that did not answer, shared with the ownership of sessions. */
  silentPages?: Set<string>
  /** Called if the id could not be stored, so this tab's next page won't find its session. */
  onNotStored?: () => void
}

/** Suffixes of a stored id. They have equal length, so that one can replace the other in a full sessionStorage. */
const ends = { normal: '.', tokenMissing: '*' } as const

/**
 * Identifies a tab's agent by an id in its sessionStorage slot, which the page owns while it is open.
 *
 * A reloaded page finds the id free. If another page owns it, that page is asked if it shares this sessionStorage. If so, another
 * document of the tab has the slot, and this one takes the next. If not, the tab was duplicated, and the copied slot is
 * emptied. While the owner is unknown, nothing is removed.
 */
export function createTab(databaseName: string, page: PageStorage, options: TabOptions = {}): Tab {
  const { silentPages = new Set<string>(), onNotStored = () => {} } = options
  const ownership = createOwnership(databaseName, 'tab', {
    onLost: (tabId) => void replaceId(tabId),
    silentPages,
    marks: page.marks,
  })
  let claim: Promise<Claim> | null = null
  let isReleased = false
  /** Stored once the slot is known to be this page's. Until then, another page may use it. */
  let callIntent: CallIntent | undefined
  let isClaimed = false
  let hasSlot = page.takeSlot()

  function readId(): { id: string; isTokenMissing: boolean } | null {
    const stored = page.get(names.tab)
    if (stored === null) return null
    return { id: stored.replace(/[.*]$/, ''), isTokenMissing: stored.endsWith(ends.tokenMissing) }
  }

  const storeId = (id: string, end: string = ends.normal) => page.set(names.tab, id + end)

  async function claimId(): Promise<Claim> {
    let isDuplicate = false
    let copied: Pick<Claim, 'copiedFrom'> = {}
    while (hasSlot && !isReleased) {
      const stored = readId()
      if (stored) {
        const outcome = await ownership.contend(stored.id)
        // After a release, another agent of this page may have the slot.
        if (isReleased) break
        // Another document of this tab may have changed the slot meanwhile.
        const isUnchanged = readId()?.id === stored.id
        if (outcome === 'owned' && isUnchanged) return { tabId: stored.id, isDuplicate: false }
        if (outcome === 'owned') await ownership.release(stored.id)
        if (outcome === 'elsewhere') {
          isDuplicate = true
          copied = { copiedFrom: stored.id }
        }
        if (outcome === 'elsewhere' && isUnchanged) removeCopies(page)
        if (outcome === 'shared' || outcome === 'unknown') {
          isDuplicate ||= outcome === 'unknown'
          hasSlot = page.takeSlot()
        }
        continue
      }
      const tabId = nanoid()
      // Acquires before storing, because otherwise a tab duplicated in between could own the id first.
      await ownership.acquire(tabId)
      if (isReleased) break
      if (readId() === null) {
        if (!storeId(tabId)) onNotStored()
        return { tabId, isDuplicate, ...copied }
      }
      await ownership.release(tabId)
    }
    const tabId = nanoid()
    await ownership.acquire(tabId)
    if (!isReleased) onNotStored()
    return { tabId, isDuplicate: true }
  }

  /**
   * Stores a new id after another page took over this one, so that the next page of this tab finds its own entries. The next
   * page may start at any moment, so the id is stored before it is owned.
   */
  async function replaceId(lostId: string): Promise<void> {
    const stored = readId()
    if (isReleased || stored?.id !== lostId) return
    const tabId = nanoid()
    storeId(tabId, stored.isTokenMissing ? ends.tokenMissing : ends.normal)
    // A tab duplicated from this one meanwhile may own it.
    if (!(await ownership.acquire(tabId))) await replaceId(tabId)
  }

  function storeCallIntent(): void {
    if (callIntent) page.set(names.call, callIntent)
    else if (callIntent === null) page.remove(names.call)
  }

  return {
    claim() {
      claim ??= claimId().finally(() => {
        isClaimed = true
        if (isReleased) page.releaseSlot()
        else storeCallIntent()
      })
      return claim
    },
    async liveTabs() {
      const owned = await ownership.listOwned()
      // A page that returns from the back/forward cache does not own its id yet.
      const own = readId()
      return owned && own ? new Set([...owned, own.id]) : owned
    },
    setCallIntent(intent) {
      callIntent = intent
      if (isClaimed) storeCallIntent()
    },
    callIntent() {
      const stored = page.get(names.call)
      return stored === 'wanted' || stored === 'ended' ? stored : null
    },
    setTokenMissing(isMissing) {
      const stored = readId()
      if (stored && stored.isTokenMissing !== isMissing)
        storeId(stored.id, isMissing ? ends.tokenMissing : ends.normal)
    },
    isTokenMissing: () => readId()?.isTokenMissing ?? false,
    release() {
      isReleased = true
      page.releaseSlot()
      void ownership.close()
    },
  }
}
