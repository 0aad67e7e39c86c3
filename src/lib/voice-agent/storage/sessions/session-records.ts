import type {
  RestoreDepth,
  SessionRecords,
  SessionSummary,
  StoredSession,
} from '../../../../../middleware/persistence/ports.js'
import { toVoiceError, VoiceAgentError, type VoiceErrorCode } from '../../../../../store/index.js'
import { NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import { sessionOwner } from '../records/record.js'
import { asWriteError } from '../records/storage-errors.js'
import type { Deletions } from '../tabs/deletion-channel.js'
import type { IdLocks } from '../tabs/web-locks.js'
import { readEarlier } from './earlier-messages.js'
import { replayJournal } from './journal-recovery.js'
import { lostRanges } from './segment-layout.js'
import { type Cleanup, createCleanup, isHead } from './session-cleanup.js'
import { type LogPorts, SessionLog } from './session-log.js'
import {
  type EncryptedHead,
  type FetchedSession,
  fetchSession,
  findHead,
  readSession,
} from './session-reader.js'

export type OpenSessionRecords = Omit<SessionRecords, 'open' | 'onLost'>

interface SessionRecordsPorts extends LogPorts {
  deletions: Deletions
  restore: RestoreDepth
  /** The app's `persistence.version`. */
  version: number
  /** Tabs that are open now: what is theirs is not cleaned up. */
  liveTabs: () => Promise<ReadonlySet<string> | null>
  /** Of the database as a whole. */
  locks: IdLocks
}

/** Besides its port: what other pages, and its own logs, have it do. */
interface SessionRecordsOfTab extends OpenSessionRecords, Pick<Cleanup, 'makeRoom'> {
  /** Another page has the session now. */
  onOwnershipLost(sessionId: string, error: VoiceAgentError): void
  /** Another page deleted the session. */
  onDeletedElsewhere(sessionId: string): void
}

/** Sessions as segment logs in one open database. */
export function createSessionRecords(ports: SessionRecordsPorts): SessionRecordsOfTab {
  const { store, keys, journal, savedRevisions, ownership, version } = ports
  const logs = new Map<string, SessionLog>()

  function logOf(sessionId: string): SessionLog {
    const known = logs.get(sessionId)
    if (known) return known
    const log = new SessionLog(sessionId, ports)
    logs.set(sessionId, log)
    return log
  }

  async function readOrQuarantine<T>(sessionId: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      // Slow, closed, corrupt: whatever the reason, what could not be read is not written over.
      const unreadable = asUnreadable(error)
      logOf(sessionId).quarantine(unreadable)
      // Another tab, or a newer build in one, may fare better.
      await ownership.release(sessionId)
      throw unreadable
    }
  }

  /** All their keys first, in one transaction. */
  async function removeAll(sessionIds: readonly string[]): Promise<void> {
    await Promise.all(sessionIds.map(async (sessionId) => logs.get(sessionId)?.markDeleted()))
    for (const sessionId of sessionIds) {
      journal.clear(sessionId)
      savedRevisions.remove(sessionId)
    }
    await keys.remove(...sessionIds.map(sessionOwner))
    // At once: from here on whoever has one of them open writes what nothing opens.
    for (const sessionId of sessionIds) ports.deletions.announce(sessionId)
    for (const sessionId of sessionIds) {
      await store.removePrefix(`${sessionOwner(sessionId)}/`)
      await ownership.release(sessionId)
    }
  }

  function remove(sessionId: string): Promise<void> {
    // Its log stays, closed: a save that was already under way must not bring the session back.
    logOf(sessionId)
    return removeAll([sessionId])
  }

  /** Another page has it now, or deleted it: this one writes no more of it, and says so. */
  function onOwnershipLost(sessionId: string, error: VoiceAgentError): void {
    const log = logs.get(sessionId)
    if (!log || log.isDeleted) return
    log.quarantine(error)
    ports.onWrite(error)
  }

  function onDeletedElsewhere(sessionId: string): void {
    keys.evict(sessionOwner(sessionId))
    journal.clear(sessionId)
    const detail = 'This conversation was deleted in another tab. What is said now is not kept.'
    onOwnershipLost(sessionId, new VoiceAgentError('session-missing', detail))
    void logs.get(sessionId)?.removeOrphans()
  }

  async function openSession(sessionId: string, { head: sealed, key, run }: FetchedSession) {
    const head = await sealed
    if (!head) return null
    if (head.schema > version) throw new NewerRecordError('head')
    const held = await keys.find(sessionOwner(sessionId), await key)
    if (!held) throw new UnreadableRecordError('key')
    // What is to be migrated is read as a whole, and nothing of it counts as stored: the next save rewrites it all.
    const isCurrent = head.schema === version
    const session = await readSession(store, held.key, head, isCurrent ? ports.restore : 'all', run)
    return { head, held, session, isCurrent }
  }

  /** Begins to read and to open it: its head is there first. */
  function startReading(sessionId: string) {
    const fetched = fetchSession(store, sessionId, ports.restore)
    const head = fetched.then((session) => session.head)
    const opened = fetched.then((session) => openSession(sessionId, session))
    // Whether a failure matters is known later.
    for (const promise of [head, opened]) promise.catch(() => {})
    return { head, opened }
  }

  async function read(sessionId: string): Promise<StoredSession | null> {
    const isOurs = ownership.isOwned(sessionId)
    // Side by side: each is a way to another process and back.
    const claiming = ownership.acquire(sessionId)
    let reading = startReading(sessionId)
    if (!(await claiming)) {
      // The tab that has it open may go on with one that was deleted under it.
      if ((await reading.head) === null) return null
      throw new VoiceAgentError('session-open-elsewhere')
    }
    const isReplayed = await replayJournal(journal, store, keys, ownership)
    // Until it was this page's, another may have gone on with it.
    const heads = isOurs ? [] : await Promise.all([reading.head, findHead(store, sessionId)])
    if (isReplayed || !isSameHead(heads)) reading = startReading(sessionId)
    const opened = await reading.opened
    if (!opened) {
      if (!logs.has(sessionId)) await ownership.release(sessionId)
      return null
    }
    const { head, held, session, isCurrent } = opened
    logOf(sessionId).hydrate(isCurrent ? session : { ...session, segments: [] }, held)
    const lost = lostRanges(session.layout, session.layout.lost)
    const stored: StoredSession = { ...session.snapshot, ...(lost.length > 0 ? { lost } : {}) }
    if (!savedRevisions.isBehind(sessionId, head.revision)) return stored
    return { ...stored, warning: toVoiceError(new VoiceAgentError('session-rolled-back')) }
  }

  const cleanup = createCleanup({
    ...ports,
    remove: removeAll,
    isQuarantined: (sessionId) => logs.get(sessionId)?.isQuarantined ?? false,
  })

  return {
    async create(sessionId) {
      if (logs.get(sessionId)?.isDeleted) logs.delete(sessionId)
      try {
        await logOf(sessionId).prepare()
      } catch (thrown) {
        // The call goes on without: the token stays in memory, and the first save tries for a key again.
        ports.onWrite(asWriteError(thrown))
      }
    },

    getItem: (sessionId) => readOrQuarantine(sessionId, () => read(sessionId)),

    async reloadIfNewer(sessionId) {
      const log = logs.get(sessionId)
      if (!log) return null
      const known = log.revision
      log.suspend()
      try {
        const session = await readOrQuarantine(sessionId, () => read(sessionId))
        if (session) ports.onWrite(null)
        else if (known >= 0) onDeletedElsewhere(sessionId)
        else log.resume()
        return session && session.revision > known ? session : null
      } catch (error) {
        ports.onWrite(asUnreadable(error))
        return null
      }
    },

    async release(sessionId) {
      const log = logs.get(sessionId)
      await log?.flush()
      // One that may not be written stays, so that nothing late is.
      if (log && !log.isQuarantined) logs.delete(sessionId)
      await ownership.release(sessionId)
    },

    quarantine: (sessionId, error) => logOf(sessionId).quarantine(asUnreadable(error)),

    setItem: (sessionId, snapshot) => logOf(sessionId).write(snapshot),
    removeItem: remove,
    stage: (snapshot) => logOf(snapshot.head.id).stage(snapshot),

    flushSync() {
      for (const log of logs.values()) log.flushSync()
    },

    async readEarlier(sessionId, index, depth) {
      const findKey = async () => {
        const held = await keys.find(sessionOwner(sessionId))
        if (!held) throw new UnreadableRecordError('key')
        return held.key
      }
      try {
        return await readEarlier(store, logOf(sessionId), findKey, { sessionId, index, depth, version })
      } catch (error) {
        // The session goes on: these segments are not in memory, so nothing can write over them.
        throw asUnreadable(error)
      }
    },

    async list(): Promise<SessionSummary[]> {
      // This index holds heads alone: no key is loaded, and nothing is decrypted.
      const [heads, held] = await Promise.all([store.readIndex('tabId'), ownership.listOwned()])
      return heads
        .filter(isHead)
        .map(({ sessionId, tabId, createdAt, updatedAt, messageCount }) => ({
          id: sessionId,
          tabId,
          createdAt,
          updatedAt,
          messageCount,
          isOpenElsewhere: (held?.has(sessionId) ?? false) && !ownership.isOwned(sessionId),
        }))
        .sort((a, b) => b.updatedAt - a.updatedAt)
    },

    removeExpired: cleanup.removeExpired,
    makeRoom: cleanup.makeRoom,
    onOwnershipLost,
    onDeletedElsewhere,

    async close() {
      await Promise.all([...logs.values()].map((log) => log.flush()))
      store.close()
      ports.deletions.close()
      await ownership.close()
    },
  }
}

/** Whether a session is as it was: every save seals the head anew, under an IV of its own. */
function isSameHead([before = null, after = null]: (EncryptedHead | null)[]): boolean {
  return String(before && new Uint8Array(before.iv)) === String(after && new Uint8Array(after.iv))
}

function asUnreadable(error: unknown): VoiceAgentError {
  const codes: readonly VoiceErrorCode[] = ['session-unreadable', 'session-open-elsewhere', 'key-unavailable']
  if (error instanceof VoiceAgentError && codes.includes(error.code)) return error
  return new VoiceAgentError('session-unreadable', undefined, { cause: error })
}
