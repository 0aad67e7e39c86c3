import type { RecordStore } from '../database/record-store.js'
import { type EncryptedRecord, type HeadHeader, headKey, type StoredRecord } from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'
import type { IdLocks } from '../tabs/web-locks.js'

/** Sessions that one run deletes at most, so that a run fits into an idle period. */
export const SESSIONS_PER_RUN = 100

/** Name of the lock that lets one tab at a time clean up. */
const CLEANUP_LOCK = 'cleanup'

interface CleanupPorts {
  store: RecordStore
  ownership: Ownership
  locks: Pick<IdLocks, 'tryHold' | 'release'>
  /** Lists the open tabs, whose sessions are not cleaned up; null without Web Locks. */
  liveTabs: () => Promise<ReadonlySet<string> | null>
  /** Returns true for a session that this page could not read and must not delete. */
  isQuarantined: (sessionId: string) => boolean
  /** Returns true for a session that this page has open, or is opening. */
  isInUse: (sessionId: string) => boolean
  /** Deletes sessions, all their keys first, and releases them. */
  remove: (sessionIds: readonly string[]) => Promise<void>
}

export interface Cleanup {
  /**
   * Deletes up to {@link SESSIONS_PER_RUN} sessions that were not updated since `before` and are not in `keep`.
   *
   * @returns Number of deleted sessions: 0 if none is left, or while another tab cleans up.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  /** Deletes the session that was not updated for longest and is owned by no tab. Resolves to false if there is none. */
  makeRoom(): Promise<boolean>
}

/** Open tabs and owned sessions. A session is live while its tab is open or any tab owns it. */
interface Live {
  tabs: ReadonlySet<string> | null
  sessions: ReadonlySet<string> | null
}

export function createCleanup(ports: CleanupPorts): Cleanup {
  const { store, ownership, locks } = ports
  /** Last run of this page. A Web Lock does not separate two runs of the page that holds it. */
  let tail: Promise<unknown> = Promise.resolve()

  async function findLive(): Promise<Live> {
    const [tabs, sessions] = await Promise.all([ports.liveTabs(), ownership.listOwned()])
    return { tabs, sessions }
  }

  /** Finds ids by the indexes, without loading records: first sessions, then keys that were never used. */
  async function findOld(before: number): Promise<string[]> {
    const [old, heads] = await Promise.all([
      store.readIndexKeys('updatedAt', { below: before }),
      store.readIndexKeys('tabId'),
    ])
    const used = new Set(heads)
    const unused = old.flatMap(idOfKey).filter((sessionId) => !used.has(headKey(sessionId)))
    return [...old.flatMap(idOfHead), ...unused]
  }

  /** Acquires a session in order to delete it. Returns null, without owning it, if the session is in use or too new. */
  async function acquireIf(
    sessionId: string,
    { tabs, sessions }: Live,
    isOld: (head: HeadHeader) => boolean,
  ): Promise<{ isSession: boolean } | null> {
    if (sessions?.has(sessionId) || ownership.isOwned(sessionId) || !(await ownership.acquire(sessionId)))
      return null
    // Checks the head again, because another tab may have updated the session since the index was read.
    const head = await store.get(headKey(sessionId)).catch(() => undefined)
    // This page may have opened it as well. Its ownership then belongs to that use, and is not released here.
    if (ports.isInUse(sessionId)) return null
    if (head === null) return { isSession: false }
    if (head?.kind === 'head' && isOld(head) && !tabs?.has(head.tabId)) return { isSession: true }
    await ownership.release(sessionId)
    return null
  }

  async function removeOld(before: number, keep: readonly string[]): Promise<number> {
    const old = await findOld(before)
    const live = await findLive()
    const acquired = new Map<string, { isSession: boolean }>()
    for (const sessionId of old) {
      if (acquired.size === SESSIONS_PER_RUN) break
      if (keep.includes(sessionId)) continue
      const found = await acquireIf(sessionId, live, (head) => head.updatedAt < before)
      if (found) acquired.set(sessionId, found)
    }
    for (const sessionId of acquired.keys()) if (ports.isInUse(sessionId)) acquired.delete(sessionId)
    if (acquired.size > 0) await ports.remove([...acquired.keys()])
    return [...acquired.values()].filter(({ isSession }) => isSession).length
  }

  async function runExclusively(run: () => Promise<number>): Promise<number> {
    if ((await locks.tryHold(CLEANUP_LOCK)) === 'taken') return 0
    try {
      return await run()
    } finally {
      await locks.release(CLEANUP_LOCK)
    }
  }

  return {
    removeExpired(before, keep) {
      const removed = tail.then(() => runExclusively(() => removeOld(before, keep)))
      tail = removed.catch(() => {})
      return removed
    },

    async makeRoom() {
      const live = await findLive()
      // Without Web Locks it is unknown which sessions are still being written.
      if (!live.tabs || !live.sessions) return false
      for (const sessionId of (await store.readIndexKeys('updatedAt')).flatMap(idOfHead)) {
        if (ports.isQuarantined(sessionId) || !(await acquireIf(sessionId, live, () => true))) continue
        await ports.remove([sessionId])
        return true
      }
      return false
    },
  }
}

const idOfHead = (key: string) => idIn(/^session\/([^/]+)\/head$/, key)
const idOfKey = (key: string) => idIn(/^key\/session\/([^/]+)$/, key)

function idIn(pattern: RegExp, key: string): string[] {
  const [, id] = pattern.exec(key) ?? []
  return id === undefined ? [] : [decodeURIComponent(id)]
}

export function isHead(record: StoredRecord): record is EncryptedRecord<HeadHeader> {
  return record.kind === 'head'
}
