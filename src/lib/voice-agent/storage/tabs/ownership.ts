import { ask, contest, type Outcome } from './contest.js'
import { createPresence, type Marks } from './presence.js'
import { createIdLocks, ownershipLock } from './web-locks.js'

/** Ids that one page of the origin owns exclusively: a tab's id, or a session that it writes. */
export interface Ownership {
  /**
   * Resolves to true if this page now owns the id. Takes milliseconds if the owner answers or is gone, and seconds if it is
   * silent.
   */
  acquire(id: string): Promise<boolean>
  isOwned(id: string): boolean
  /**
   * Number of times that this page was in the back/forward cache. If it has changed, another page may have owned this page's ids
   * meanwhile, even those that this page owns again.
   */
  absences(): number
  /** Resolves when another page can acquire the id. */
  release(id: string): Promise<void>
  /** Lists the ids that any page owns; null in a browser without Web Locks. */
  listOwned(): Promise<ReadonlySet<string> | null>
  /** Lists the ids that other pages own; null in a browser without Web Locks. Excludes ids that this page is releasing. */
  listOwnedElsewhere(): Promise<ReadonlySet<string> | null>
  close(): Promise<void>
}

/**
 * Acquires an id that no page owns, because acquiring the id of a page that is silent for seconds would take it over. Resolves to false
 * without Web Locks.
 */
export async function acquireFree(
  { listOwned, acquire }: Pick<Ownership, 'listOwned' | 'acquire'>,
  id: string,
): Promise<boolean> {
  const owned = await listOwned()
  return owned !== null && !owned.has(id) && acquire(id)
}

interface Acquisition {
  outcome: Promise<Outcome>
  /** True if the id was released meanwhile, so that the acquisition must be undone. */
  isReleased: boolean
}

/** Ownership that also determines if the owner shares this page's sessionStorage. */
export interface TabOwnership extends Ownership {
  /** Acquires the id, or resolves with who owns it. */
  contend(id: string): Promise<Outcome>
}

export interface OwnershipOptions {
  /** Called when another page took over an id that this page owned. */
  onLost?: (id: string) => void
  /** Called after this page took an id from a silent page, before the id counts as acquired. */
  onTaken?: (id: string) => Promise<void>
  /** The browser's ids of pages that did not answer, shared by all ownerships of one page. */
  silentPages?: Set<string>
  /** Marks in sessionStorage. Without them, sessionStorages are not compared. */
  marks?: Marks
}

/**
 * Holds a Web Lock for each owned id and answers other pages that ask for the id.
 *
 * A page that enters the back/forward cache releases its locks and acquires them again when it returns, because older WebKit
 * would keep them. Without Web Locks, answers alone decide.
 */
export function createOwnership(
  databaseName: string,
  kind: 'tab' | 'session',
  { onLost = () => {}, onTaken = async () => {}, silentPages = new Set(), marks }: OwnershipOptions = {},
): TabOwnership {
  const scope = `redux-voice-agent:${databaseName}:${kind}`
  const presence = createPresence(`${scope}s`, (mark) => marks?.has(mark) ?? null)
  const owned = new Set<string>()
  /** Pending acquisitions. A second one for the same id would find the lock taken by this page, so it waits for the first. */
  const acquiring = new Map<string, Acquisition>()
  const locks = createIdLocks(ownershipLock(databaseName, kind, ''), (id) => {
    owned.delete(id)
    presence.stopAnswering(id)
    onLost(id)
  })
  const judges = createIdLocks(`${scope}-judge:`)
  let absences = 0
  /** Ids to acquire again when the page returns. */
  let missed: string[] = []
  let isClosed = false
  /** Aborts when the page enters the back/forward cache, or closes. */
  let presentPage = new AbortController()
  let returned = Promise.resolve()
  let onReturn = () => {}

  function own(id: string): void {
    owned.add(id)
    // A closed page drops what it still acquires, so it must not answer as an owner.
    if (!isClosed) presence.answerFor(id)
  }

  async function tryAcquire(id: string, isReleased: () => boolean): Promise<Outcome> {
    const ports = {
      locks,
      judges,
      presence,
      silentPages,
      marks,
      onOwned: () => own(id),
      onTaken: () => onTaken(id),
    }
    for (;;) {
      const since = absences
      const { signal } = presentPage
      const holding = locks.tryHold(id)
      // Opens the channel in parallel with the lock request, which takes about as long.
      presence.listen()
      const held = await holding
      const mark = held === 'held' ? null : (marks?.put() ?? null)
      const compares = marks === undefined || mark !== null
      let outcome: Outcome = 'owned'
      if (held === 'taken') outcome = await contest(id, ports, mark, signal)
      else if (held === 'unknown') outcome = await ask(id, presence, mark)
      if (mark !== null) marks?.remove(mark)
      if (isReleased()) {
        await disown(id)
        return 'unknown'
      }
      if (since === absences) {
        if (outcome === 'owned') own(id)
        return compares || outcome === 'owned' ? outcome : 'unknown'
      }
      // A page in the back/forward cache owns nothing, so it starts over.
      await disown(id)
      await returned
      if (isClosed || isReleased()) return 'unknown'
    }
  }

  async function disown(id: string): Promise<void> {
    owned.delete(id)
    presence.stopAnswering(id)
    await locks.release(id)
  }

  function acquisitionOf(id: string): Acquisition {
    const pending = acquiring.get(id)
    if (pending && !pending.isReleased) return pending
    const acquisition: Acquisition = { isReleased: false, outcome: Promise.resolve('unknown') }
    acquisition.outcome = (async () => {
      await pending?.outcome
      return acquisition.isReleased ? 'unknown' : await tryAcquire(id, () => acquisition.isReleased)
    })().finally(() => acquiring.get(id) === acquisition && acquiring.delete(id))
    acquiring.set(id, acquisition)
    return acquisition
  }

  async function contend(id: string): Promise<Outcome> {
    if (owned.has(id)) return 'owned'
    return isClosed ? 'unknown' : acquisitionOf(id).outcome
  }

  const acquire = async (id: string) => (await contend(id)) === 'owned'

  function onPageHide({ persisted }: PageTransitionEvent): void {
    if (!persisted || isClosed) return
    absences++
    presentPage.abort()
    presentPage = new AbortController()
    returned = new Promise((resolve) => {
      onReturn = resolve
    })
    missed = [...new Set([...missed, ...owned])]
    for (const id of owned) void disown(id)
  }

  function onPageShow({ persisted }: PageTransitionEvent): void {
    if (!persisted) return
    onReturn()
    const ids = missed
    missed = []
    for (const id of ids) {
      const acquisition = acquisitionOf(id)
      void acquisition.outcome.then(
        (outcome) => outcome === 'owned' || acquisition.isReleased || isClosed || onLost(id),
      )
    }
  }

  globalThis.addEventListener?.('pagehide', onPageHide)
  globalThis.addEventListener?.('pageshow', onPageShow)

  return {
    contend,
    acquire,
    isOwned: (id) => owned.has(id),
    absences: () => absences,
    async release(id) {
      missed = missed.filter((each) => each !== id)
      // It may still be waiting for another page's answer. A caller that requests the id again gets a new acquisition.
      const pending = acquiring.get(id)
      if (pending) pending.isReleased = true
      await disown(id)
    },
    listOwned: locks.listHeld,
    listOwnedElsewhere: locks.listHeldElsewhere,
    async close() {
      isClosed = true
      globalThis.removeEventListener?.('pagehide', onPageHide)
      globalThis.removeEventListener?.('pageshow', onPageShow)
      presence.close()
      presentPage.abort()
      onReturn()
      // Waits for pending acquisitions, or a closed page would keep their locks.
      while (acquiring.size > 0)
        await Promise.allSettled([...acquiring.values()].map(({ outcome }) => outcome))
      presence.close()
      await Promise.all([...owned].map(disown))
    },
  }
}
