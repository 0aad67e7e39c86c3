import { nanoid } from '@reduxjs/toolkit'
import type { RecordStore } from '../database/record-store.js'
import {
  type ExpiryRecord,
  FORMAT_VERSION,
  headKey,
  headOf,
  type IndexPosition,
  idOfHead,
  idOfKey,
  keptKey,
  sessionOwner,
} from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'
import type { IdLocks } from '../tabs/web-locks.js'
import { type ClockWatch, findProof, sight } from './expiry-proof.js'

/** Maximum number of sessions that one run deletes, so that it fits into an idle period. */
export const SESSIONS_PER_RUN = 100
/** Index pages that one run scans, of {@link SESSIONS_PER_RUN} entries each. */
const PAGES_PER_RUN = 10

/** Name of the lock that lets one tab at a time clean up. */
const CLEANUP_LOCK = 'cleanup'

export type DeletionReason = 'expired' | 'quota'

export interface CleanupPorts {
  store: RecordStore
  ownership: Ownership
  clock: ClockWatch
  locks: Pick<IdLocks, 'tryHold' | 'release'>
  /** Lists the open tabs, whose sessions are not cleaned up; null without Web Locks. */
  liveTabs: () => Promise<ReadonlySet<string> | null>
  /** Returns true once the page knows that the device's clock is wrong. */
  isClockWrong: () => boolean
  /** Returns true for a session that this page could not read and must not delete. */
  isQuarantined: (sessionId: string) => boolean
  /** Returns true for a session that this page has open, or is opening. */
  isInUse: (sessionId: string) => boolean
  /** Deletes sessions with their keys in one transaction, and releases them. */
  remove: (sessionIds: readonly string[]) => Promise<void>
  /** Called with sessions that were deleted without a request from the user. */
  onDeleted: (sessionIds: readonly string[], reason: DeletionReason) => void
}

/** Open tabs and owned sessions. A session is live while its tab is open or any tab owns it. */
export interface Live {
  tabs: ReadonlySet<string> | null
  sessions: ReadonlySet<string> | null
}

/** Ids that may be deleted: true for a session, false for a key without one. */
type Found = ReadonlyMap<string, boolean>

export interface Cleanup {
  /**
   * Deletes up to {@link SESSIONS_PER_RUN} sessions that were not updated since `before` and are not in `keep`. The first page that
   * finds such sessions only records that; a page at least a day later deletes them.
   *
   * @returns Number of deleted sessions: 0 if none is left or proven to be old, or while another tab cleans up.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  /** Runs a task while no other tab, and no other task of this page, cleans up. Resolves with `otherwise` while another tab does. */
  runExclusively<T>(run: () => Promise<T>, otherwise: T): Promise<T>
  findLive(): Promise<Live>
  /** Resolves with the time before which stored sessions are proven to be old; null without a proof. */
  expiredBefore(): Promise<number | null>
  /**
   * Acquires a session in order to delete it. Resolves with true for a session, and with false for a key without one. Resolves with null, without
   * owning it, if it is in use, kept, written by a newer build, malformed, or updated since `before`.
   */
  acquire(sessionId: string, live: Live, before: number): Promise<boolean | null>
}

export function createCleanup(ports: CleanupPorts): Cleanup {
  const { store, ownership, locks, clock } = ports
  const page = nanoid()
  /** Last run of this page. A Web Lock does not serialize two runs in the page that holds it. */
  let tail: Promise<unknown> = Promise.resolve()
  /** Milliseconds until a session is old; null until the first cleanup. */
  let retention: number | null = null

  async function findLive(): Promise<Live> {
    const [tabs, sessions] = await Promise.all([ports.liveTabs(), ownership.listOwned()])
    return { tabs, sessions }
  }

  /** Finds the sessions that may be deleted (true) and unused keys (false), all in one transaction. */
  async function look(sessionIds: readonly string[], { tabs }: Live, before: number): Promise<Found> {
    const keys = sessionIds.flatMap((id) => [headKey(id), keptKey(sessionOwner(id))])
    const records = keys.length > 0 ? await store.readMany(keys) : []
    return new Map(
      sessionIds.flatMap((sessionId, index): [string, boolean][] => {
        const [head, kept] = records.slice(2 * index, 2 * index + 2)
        if (kept) return []
        if (head === null) return [[sessionId, false]]
        const valid = headOf(headKey(sessionId), head)
        const isOld = valid && valid.v <= FORMAT_VERSION && valid.updatedAt < before
        return isOld && !tabs?.has(valid.tabId) ? [[sessionId, true]] : []
      }),
    )
  }

  async function acquire(sessionId: string, live: Live, before: number): Promise<boolean | null> {
    if (
      live.sessions?.has(sessionId) ||
      ownership.isOwned(sessionId) ||
      !(await ownership.acquire(sessionId))
    )
      return null
    // Checks again, because another tab may have updated the session before this one owned it.
    const found = await look([sessionId], live, before).catch(() => null)
    // This page may have opened it too. Then the ownership belongs to that use and is not released here.
    if (ports.isInUse(sessionId)) return null
    const isSession = found?.get(sessionId) ?? null
    if (isSession === null) await ownership.release(sessionId)
    return isSession
  }

  /** Acquires old sessions after an index position. Resolves with the position to continue after, null at the end. */
  async function collect(
    acquired: Map<string, boolean>,
    { before, from, keep }: { before: number; from: IndexPosition | null; keep: readonly string[] },
  ): Promise<IndexPosition | null> {
    const live = await findLive()
    const seen = new Set(keep)
    let after = from
    let isAtEnd = false
    for (let pages = 0; !isAtEnd && pages < PAGES_PER_RUN && acquired.size < SESSIONS_PER_RUN; pages++) {
      const limit = SESSIONS_PER_RUN
      const entries = await store.readIndexPage('updatedAt', {
        direction: 'next',
        limit,
        below: before,
        after,
      })
      isAtEnd = entries.length < limit
      const ids = entries.map(({ key }) => idOfHead(key) ?? idOfKey(key))
      const found = await look(
        [...new Set(ids.filter((id) => id !== null && !seen.has(id)))] as string[],
        live,
        before,
      )
      for (const [index, position] of entries.entries()) {
        if (acquired.size === SESSIONS_PER_RUN) {
          isAtEnd = false
          break
        }
        after = position
        const sessionId = ids[index] ?? ''
        if (seen.has(sessionId) || !found.has(sessionId)) continue
        seen.add(sessionId)
        const isSession = await acquire(sessionId, live, before)
        if (isSession !== null) acquired.set(sessionId, isSession)
      }
    }
    return isAtEnd ? null : after
  }

  /** Deletes old sessions after the index position `from`. Resolves with the `from` of the next run, null at the end. */
  async function sweep(before: number, from: IndexPosition | null, keep: readonly string[]) {
    const acquired = new Map<string, boolean>()
    const absences = ownership.absences()
    const next = await collect(acquired, { before, from, keep }).catch(async (error: unknown) => {
      // Lets other tabs open them. A later run finds them again.
      for (const sessionId of acquired.keys())
        if (!ports.isInUse(sessionId)) await ownership.release(sessionId)
      throw error
    })
    for (const sessionId of acquired.keys()) if (ports.isInUse(sessionId)) acquired.delete(sessionId)
    // Other pages may have used them while this one was in the back/forward cache. The next run finds those that are still old.
    if (ownership.absences() !== absences) {
      await Promise.all([...acquired.keys()].map(ownership.release))
      return { removed: 0, from }
    }
    if (acquired.size > 0) await ports.remove([...acquired.keys()])
    const deleted = [...acquired].flatMap(([sessionId, isSession]) => (isSession ? [sessionId] : []))
    if (deleted.length > 0) ports.onDeleted(deleted, 'expired')
    return { removed: deleted.length, from: next }
  }

  async function expiredBefore(): Promise<number | null> {
    const record = await clock.read()
    if (!record || retention === null || ports.isClockWrong()) return null
    const now = record.lastSeen
    return findProof(record, { now, before: now - retention, page })?.before ?? null
  }

  async function removeOld(before: number, keep: readonly string[]): Promise<number> {
    // A disk that is too full to record the time must not block the deletion.
    const record = await clock.update((noted) => noted).catch(() => clock.read())
    if (!record || ports.isClockWrong()) return 0
    const now = record.lastSeen
    retention = now - before
    const { mark } = record
    const proof = findProof(record, { now, before, page })
    if (!proof) {
      const [oldest] = mark
        ? await store.readIndexPage('updatedAt', { direction: 'next', limit: 1, below: mark.before })
        : []
      // Replaces a mark that covers no session with one that covers sessions that have become old since.
      if (!oldest) await clock.update((noted) => sight(noted, now, before, page))
      return 0
    }
    const { removed, from } = await sweep(proof.before, proof.from, keep)
    const next = (noted: ExpiryRecord) => {
      // The clock jumped meanwhile, or another tab made a mark.
      if (!noted.mark || noted.mark.at !== mark?.at) return noted
      return from ? { ...noted, mark: { ...noted.mark, from } } : sight(noted, now, before, page)
    }
    // If this fails, the next run starts at the same position.
    await clock.update(next).catch(() => null)
    return removed
  }

  async function holdLock<T>(run: () => Promise<T>, otherwise: T): Promise<T> {
    if ((await locks.tryHold(CLEANUP_LOCK)) === 'taken') return otherwise
    try {
      return await run()
    } finally {
      await locks.release(CLEANUP_LOCK)
    }
  }

  function runExclusively<T>(run: () => Promise<T>, otherwise: T): Promise<T> {
    const done = tail.then(() => holdLock(run, otherwise))
    tail = done.catch(() => {})
    return done
  }

  return {
    removeExpired: (before, keep) => runExclusively(() => removeOld(before, keep), 0),
    runExclusively,
    findLive,
    expiredBefore,
    acquire,
  }
}
