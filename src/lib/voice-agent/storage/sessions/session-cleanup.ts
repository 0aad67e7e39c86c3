import type { RecordStore } from '../database/record-store.js'
import { type EncryptedRecord, type HeadHeader, headKey, type StoredRecord } from '../records/record.js'
import type { Ownership } from '../tabs/ownership.js'
import type { IdLocks } from '../tabs/web-locks.js'

/** What one run deletes at most, so that an idle moment stays one however much has gathered. */
export const SESSIONS_PER_RUN = 100

/** Name of the lock that the one tab holds that cleans up. */
const CLEANUP_LOCK = 'cleanup'

interface CleanupPorts {
  store: RecordStore
  ownership: Ownership
  locks: Pick<IdLocks, 'tryHold' | 'release'>
  /** Tabs that are open now, null where that can't be known: what is theirs is not cleaned up. */
  liveTabs: () => Promise<ReadonlySet<string> | null>
  /** Sessions that are kept as they are, because this page could not read them. */
  isQuarantined: (sessionId: string) => boolean
  /** Deletes sessions, all their keys first, and lets go of them. */
  remove: (sessionIds: readonly string[]) => Promise<void>
}

export interface Cleanup {
  /**
   * Deletes sessions not updated since `before`, but for those in `keep`: {@link SESSIONS_PER_RUN} at most. Gives their
   * number: 0 when there are no more, or while another tab is at it.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  /** Deletes the session that was not updated for longest, of those that no tab has; gives whether there was one. */
  makeRoom(): Promise<boolean>
}

/** A session is live while its tab is open, and while any tab writes it. */
interface Live {
  tabs: ReadonlySet<string> | null
  sessions: ReadonlySet<string> | null
}

export function createCleanup(ports: CleanupPorts): Cleanup {
  const { store, ownership, locks } = ports
  /** This page's runs: its own lock would not keep them apart. */
  let tail: Promise<unknown> = Promise.resolve()

  async function findLive(): Promise<Live> {
    const [tabs, sessions] = await Promise.all([ports.liveTabs(), ownership.listOwned()])
    return { tabs, sessions }
  }

  /** Ids alone, by the indexes: nothing is loaded of what stays. First sessions, then keys that were never used. */
  async function findOld(before: number): Promise<string[]> {
    const [old, heads] = await Promise.all([
      store.readIndexKeys('updatedAt', { below: before }),
      store.readIndexKeys('tabId'),
    ])
    const used = new Set(heads)
    const unused = old.flatMap(idOfKey).filter((sessionId) => !used.has(headKey(sessionId)))
    return [...old.flatMap(idOfHead), ...unused]
  }

  /** Takes a session for this page, to delete it; null, and hands off, when it turns out to be in use. */
  async function acquireIf(
    sessionId: string,
    { tabs, sessions }: Live,
    isOld: (head: HeadHeader) => boolean,
  ): Promise<{ isSession: boolean } | null> {
    if (sessions?.has(sessionId) || ownership.isOwned(sessionId) || !(await ownership.acquire(sessionId)))
      return null
    // Only now is it certain: another tab may have acquired it up, and left it again, since the index was read.
    const head = await store.get(headKey(sessionId)).catch(() => undefined)
    if (head === null) return { isSession: false }
    if (head?.kind === 'head' && isOld(head) && !tabs?.has(head.tabId)) return { isSession: true }
    await ownership.release(sessionId)
    return null
  }

  async function removeOld(before: number, keep: readonly string[]): Promise<number> {
    const old = await findOld(before)
    const live = await findLive()
    const acquired: string[] = []
    let sessions = 0
    for (const sessionId of old) {
      if (acquired.length === SESSIONS_PER_RUN) break
      if (keep.includes(sessionId)) continue
      const found = await acquireIf(sessionId, live, (head) => head.updatedAt < before)
      if (!found) continue
      acquired.push(sessionId)
      if (found.isSession) sessions++
    }
    if (acquired.length > 0) await ports.remove(acquired)
    return sessions
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
      // Without Web Locks nobody can tell which sessions are still being written.
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
