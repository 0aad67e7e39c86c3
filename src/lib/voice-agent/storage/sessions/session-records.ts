import type { AgentStorage, RestoreDepth } from '../../../../../middleware/drivers/storage/ports.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { sessionOwner } from '../records/record.js'
import { asUnreadable, asWriteError, isSuperseded } from '../records/storage-errors.js'
import type { Deletions } from '../tabs/deletion-channel.js'
import type { IdLocks } from '../tabs/web-locks.js'
import { readEarlier } from './earlier-messages.js'
import type { ClockWatch } from './expiry-proof.js'
import { findSessionOfTab, listSessions } from './list-sessions.js'
import { createRoom, type OnQuotaExceeded } from './make-room.js'
import { type CleanupPorts, createCleanup } from './session-cleanup.js'
import { type LogPorts, SessionLog } from './session-log.js'
import { createReadings } from './session-readings.js'

export type OpenSessionRecords = Omit<AgentStorage['records'], 'open' | 'onLost' | 'onDeleted'>

interface SessionRecordsPorts extends LogPorts, Pick<CleanupPorts, 'isClockWrong' | 'onDeleted'> {
  deletions: Deletions
  restore: RestoreDepth
  /** The app's `persistence.version`. */
  version: number
  /** Lists the open tabs, whose sessions are not cleaned up; null without Web Locks. */
  liveTabs: () => Promise<ReadonlySet<string> | null>
  /** Locks of the whole database. */
  locks: IdLocks
  clock: ClockWatch
  onQuotaExceeded: OnQuotaExceeded | undefined
  /** Undoes what the storage tools have not finished, before the database closes. */
  undoUnfinished(): Promise<unknown>
}

/** Adds the handlers for other pages' actions and for a full disk to the port. */
interface SessionRecordsOfTab extends OpenSessionRecords, Pick<LogPorts, 'makeRoom'> {
  /** Stops writing without saving, because everything is erased. */
  abandon(): void
  /** Writes the journal that the previous page left. */
  replayJournal(): Promise<unknown>
  /** Stops writing a session and reports the error, because another page owns or deleted it. */
  onOwnershipLost(sessionId: string, error: VoiceAgentError): void
  /** Stops writing a session that another page deleted, evicts its key and clears its journal. */
  onDeletedElsewhere(sessionId: string): void
}

/** Creates the session records of an open database. Each session is a {@link SessionLog}. */
export function createSessionRecords(ports: SessionRecordsPorts): SessionRecordsOfTab {
  const { store, keys, journal, savedRevisions, ownership } = ports
  const logs = new Map<string, SessionLog>()
  /** Number of times that a session with this id was deleted, here or by another page. */
  const deletions = new Map<string, number>()
  /** Sessions that are being released, one entry per release. */
  const releasing: string[] = []
  /** Sessions that this page wrote and released, with the times of their keys. */
  const released = new Map<string, number | null>()
  /** Settles when no deletion is pending. */
  let removing: Promise<unknown> = Promise.resolve()
  let isClosed = false

  function logOf(sessionId: string): SessionLog {
    const known = logs.get(sessionId)
    if (known) return known
    const log = new SessionLog(sessionId, ports)
    logs.set(sessionId, log)
    return log
  }

  /** True if this page has released the session: a late save must not acquire it again. */
  const isReleased = (sessionId: string) => !logs.has(sessionId) && released.has(sessionId)

  const isOpen = (sessionId: string) => logs.get(sessionId)?.isClosed === false

  function noteDeletion(sessionId: string): void {
    deletions.set(sessionId, (deletions.get(sessionId) ?? 0) + 1)
  }

  /** Deletes sessions with their keys, in one transaction. */
  function removeAll(sessionIds: readonly string[]): Promise<void> {
    const removed = removeAndAnnounce(sessionIds)
    removing = Promise.allSettled([removing, removed])
    return removed
  }

  async function removeAndAnnounce(sessionIds: readonly string[]): Promise<void> {
    sessionIds.forEach(noteDeletion)
    await Promise.all(sessionIds.map(async (sessionId) => logs.get(sessionId)?.markDeleted()))
    await keys.removeWithRecords(...sessionIds.map(sessionOwner))
    // Only after the deletion, which may fail.
    for (const sessionId of sessionIds) {
      journal.forget(sessionId)
      savedRevisions.remove(sessionId)
    }
    // Until notified, other tabs may write records that no key decrypts. After that, they remove them.
    for (const sessionId of sessionIds) ports.deletions.announce(sessionId)
    for (const sessionId of sessionIds) await ownership.release(sessionId)
  }

  function remove(sessionId: string): Promise<void> {
    // Keeps a log that rejects writes, because a pending save must not restore the session.
    logOf(sessionId)
    return removeAll([sessionId])
  }

  /** @param stop Stops the log. @default journals its unsaved changes first */
  function onOwnershipLost(
    sessionId: string,
    error: VoiceAgentError,
    stop = (log: SessionLog) => log.giveUp(error),
  ): void {
    const log = logs.get(sessionId)
    if (!log || log.isDeleted) return
    stop(log)
    ports.onWrite(error)
  }

  function onDeletedElsewhere(sessionId: string): void {
    noteDeletion(sessionId)
    keys.evict(sessionOwner(sessionId))
    journal.forget(sessionId)
    const detail = 'This conversation was deleted in another tab. New messages are not saved.'
    const error = new VoiceAgentError('session-missing', detail)
    // Journals nothing, because nothing of a deleted session may remain.
    onOwnershipLost(sessionId, error, (log) => log.close(error))
    // A write requested before this page released the session may have taken effect after the deletion.
    const log = logs.get(sessionId)
    const keyTime = log ? log.keyTime : released.get(sessionId)
    if (keyTime !== undefined) removing = Promise.all([removing, removeOrphans(sessionId, keyTime, log)])
  }

  async function removeOrphans(sessionId: string, keyTime: number | null, log?: SessionLog): Promise<void> {
    try {
      await log?.settled
      await keys.removeOrphans(sessionOwner(sessionId), keyTime)
    } catch {
      // Ignored: the records are unreadable without their key and are removed by the next cleanup.
    }
  }

  const readings = createReadings({
    ...ports,
    logOf,
    isOpen,
    deletions: (sessionId) => deletions.get(sessionId) ?? 0,
    isClosed: () => isClosed,
    onOwnershipLost,
  })

  const isInUse = (sessionId: string) => readings.isBeingRead(sessionId) || isOpen(sessionId)

  /** Deletes sessions that a cleanup has acquired. If that fails, releases them for other tabs, except for sessions opened meanwhile. */
  async function removeAcquired(sessionIds: readonly string[]): Promise<void> {
    try {
      await removeAll(sessionIds)
    } catch (error) {
      await Promise.all(sessionIds.filter((id) => !isInUse(id)).map(ownership.release))
      throw error
    }
  }

  /**
   * While this page was in the back/forward cache, another page may have continued a session that this one was releasing. It is not
   * read again, so unwritten changes are journalled.
   */
  function onPageShow({ persisted }: PageTransitionEvent): void {
    if (!persisted) return
    for (const sessionId of releasing)
      logs.get(sessionId)?.giveUp(new VoiceAgentError('session-open-elsewhere'))
  }
  globalThis.addEventListener?.('pageshow', onPageShow)

  const cleanupPorts = {
    ...ports,
    remove: removeAcquired,
    isQuarantined: (sessionId: string) => logs.get(sessionId)?.isClosed ?? false,
    isInUse,
  }
  const cleanup = createCleanup(cleanupPorts)

  return {
    async create(sessionId) {
      if (logs.get(sessionId)?.isDeleted) logs.delete(sessionId)
      try {
        return await logOf(sessionId).open()
      } catch (thrown) {
        const error = asWriteError(thrown)
        // Another conversation already has this id.
        if (error.code === 'session-exists' || error.code === 'session-open-elsewhere') {
          if (!isOpen(sessionId)) {
            logs.delete(sessionId)
            await ownership.release(sessionId)
          }
          throw error
        }
        // The call continues without a key: the token stays in memory, and the first save tries again to create one.
        ports.onWrite(error)
        return null
      }
    },

    async getItem(sessionId) {
      return (await readings.read(sessionId))?.stored ?? null
    },

    async reloadIfNewer(sessionId) {
      const log = logs.get(sessionId)
      if (!log) return null
      // Read first, because a session whose first save is still pending is not missing.
      const { isStored } = log
      try {
        const found = await readings.read(sessionId, { isReload: true })
        if (found) ports.onWrite(null)
        else if (isStored) onDeletedElsewhere(sessionId)
        else log.resume()
        return found && !found.isOwn ? found.stored : null
      } catch (error) {
        // A later reading reports its own errors.
        if (!isSuperseded(error)) ports.onWrite(asUnreadable(error))
        return null
      }
    },

    async release(sessionId) {
      let known = readings.last(sessionId)
      if (known && !known.isOver) await known.found
      const log = logs.get(sessionId)
      releasing.push(sessionId)
      await log?.flush()
      releasing.splice(releasing.indexOf(sessionId), 1)
      // A reading that has begun since keeps the session open, unless it finds nothing.
      for (let last = readings.last(sessionId); last && last !== known; last = readings.last(sessionId)) {
        known = last
        if (await last.found) return
      }
      // Keeps a quarantined log, which rejects late writes.
      if (log && !log.isClosed) {
        // If the last save failed, the next reading tries again.
        log.journalUnsaved()
        logs.delete(sessionId)
        released.set(sessionId, log.keyTime)
      }
      await ownership.release(sessionId)
    },

    quarantine: readings.quarantine,

    async setItem(sessionId, snapshot) {
      ports.clock.check()
      if (isReleased(sessionId)) throw new VoiceAgentError('superseded')
      const log = logOf(sessionId)
      await log.write(snapshot)
      return log.keyProtection
    },
    removeItem: remove,
    stage(snapshot) {
      ports.clock.check()
      if (!isReleased(snapshot.head.id)) logOf(snapshot.head.id).stage(snapshot)
    },

    flushSync() {
      for (const log of logs.values()) log.flushSync()
    },

    readEarlier: (sessionId, index, depth) =>
      readEarlier(ports, logOf(sessionId).image, { sessionId, index, depth }),
    list: (options = {}) => listSessions(store, ownership, options),
    findSessionOfTab: (tabId) => findSessionOfTab(store, tabId),

    replayJournal: readings.replayJournal,
    removeExpired: cleanup.removeExpired,
    makeRoom: createRoom({ ...cleanupPorts, cleanup }),
    onOwnershipLost,
    onDeletedElsewhere,

    abandon() {
      for (const sessionId of [...logs.keys(), ...readings.current()]) noteDeletion(sessionId)
      for (const log of logs.values()) void log.markDeleted()
    },

    async close() {
      isClosed = true
      globalThis.removeEventListener?.('pageshow', onPageShow)
      // A deletion whose announcement is missing would let other pages write to the session.
      await Promise.all([removing, ports.undoUnfinished(), ...[...logs.values()].map((log) => log.flush())])
      store.close()
      ports.deletions.close()
      await ownership.close()
    },
  }
}
