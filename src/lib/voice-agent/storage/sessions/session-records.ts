import type {
  RestoreDepth,
  SessionRecords,
  StoredSession,
} from '../../../../../middleware/drivers/storage/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { sessionOwner } from '../records/record.js'
import { asUnreadable, asWriteError, isSuperseded } from '../records/storage-errors.js'
import type { Deletions } from '../tabs/deletion-channel.js'
import type { IdLocks } from '../tabs/web-locks.js'
import { readEarlier } from './earlier-messages.js'
import type { ClockWatch } from './expiry-proof.js'
import { replayJournal } from './journal-recovery.js'
import { listSessions } from './list-sessions.js'
import { createRoom, type OnQuotaExceeded } from './make-room.js'
import { lostRanges } from './segments.js'
import { type CleanupPorts, createCleanup, createKeptSessions } from './session-cleanup.js'
import { type LogPorts, SessionLog } from './session-log.js'
import { findHead, isSameHead, startReading } from './session-reader.js'

export type OpenSessionRecords = Omit<SessionRecords, 'open' | 'onLost' | 'onDeleted'>

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

interface Reading {
  isOver: boolean
  /** Newest revision of this page whose changes were journalled and replayed during the reading. */
  replayed: number
  /** Resolves to true if the session was read and so is open. */
  found: Promise<boolean>
}

/** Creates the session records of an open database. Each session is a {@link SessionLog}. */
export function createSessionRecords(ports: SessionRecordsPorts): SessionRecordsOfTab {
  const { store, keys, journal, savedRevisions, ownership } = ports
  const kept = createKeptSessions(store)
  const logs = new Map<string, SessionLog>()
  /** Number of times that a session with this id was deleted, here or by another page. */
  const deletions = new Map<string, number>()
  /** Sessions that are being read, one entry per reading. */
  const beingRead: string[] = []
  /** Last reading of each session. It supersedes earlier readings and releases of the session. */
  const readings = new Map<string, Reading>()
  /** Sessions that are being released, one entry per release. */
  const releasing: string[] = []
  /** Sessions that this page wrote and released, with the times of their keys. */
  const released = new Map<string, number | null>()
  /** Sessions with a recovered copy. The next reading reports it. */
  const recovered = new Set<string>()
  /** The last replay of the journal. Never rejects. */
  let replaying: Promise<void> = Promise.resolve()
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

  /** @throws VoiceAgentError `superseded` if a later reading of the session has begun */
  function checkTurn(sessionId: string, reading: Reading): void {
    if (readings.get(sessionId) !== reading) throw new VoiceAgentError('superseded')
  }

  async function readOrQuarantine<T>(sessionId: string, read: (reading: Reading) => Promise<T>): Promise<T> {
    beingRead.push(sessionId)
    let resolveFound = (_isFound: boolean) => {}
    const found = new Promise<boolean>((resolve) => {
      resolveFound = resolve
    })
    const reading: Reading = { isOver: false, replayed: -1, found }
    readings.set(sessionId, reading)
    try {
      const result = await read(reading)
      checkTurn(sessionId, reading)
      resolveFound(result !== null)
      return result
    } catch (error) {
      checkTurn(sessionId, reading)
      // Quarantine on any read error, so that unreadable data is never overwritten.
      const unreadable = asUnreadable(error)
      // Journals what a page from the back/forward cache has not saved.
      logOf(sessionId).giveUp(unreadable)
      if (unreadable.code !== 'session-open-elsewhere') void kept.markUnreadable(sessionId)
      // Another tab, perhaps with a newer build, may be able to read the session.
      await ownership.release(sessionId)
      throw unreadable
    } finally {
      reading.isOver = true
      resolveFound(false)
      beingRead.splice(beingRead.indexOf(sessionId), 1)
    }
  }

  function noteDeletion(sessionId: string): void {
    deletions.set(sessionId, (deletions.get(sessionId) ?? 0) + 1)
  }

  /** Deletes sessions with their keys, in one transaction. */
  async function removeAll(sessionIds: readonly string[]): Promise<void> {
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
    const keyTime = released.get(sessionId)
    if (log) void log.removeOrphans()
    else if (keyTime !== undefined) void new SessionLog(sessionId, ports).removeOrphans(keyTime)
  }

  /** Replays one after the other, because a reading must not miss what an earlier replay still writes. */
  function replay(isOpenHere: (sessionId: string) => boolean): Promise<void> {
    const replayed = replaying.then(async () => {
      const found = { ...ports, isOpen: isOpenHere, isBeingRead: (id: string) => beingRead.includes(id) }
      for (const sessionId of await replayJournal(found)) recovered.add(sessionId)
    })
    replaying = replayed
    return replayed
  }

  /** `isOwn`: this page wrote the stored session, so its state includes all of it. */
  async function read(
    sessionId: string,
    options: { reading: Reading; isReload?: boolean },
  ): Promise<{ stored: StoredSession; isOwn: boolean } | null> {
    const absences = ownership.absences()
    const deleted = deletions.get(sessionId)
    const losses = store.losses()
    // Acquires and reads in parallel, because both are round trips to another process.
    const claiming = ownership.acquire(sessionId)
    let reading = startReading(sessionId, ports)
    if (!(await claiming)) {
      // The owner may still have a deleted session open: report it as missing.
      if ((await reading.head) === null) return null
      throw new VoiceAgentError('session-open-elsewhere')
    }
    const isOtherOpen = (id: string) => id !== sessionId && isOpen(id)
    await replay(isOtherOpen)
    // Compares the heads, because another page may have written the session before this one owned it, and a replay since.
    const [before, after] = await Promise.all([reading.head, findHead(store, sessionId)])
    if (!isSameHead(before, after)) reading = startReading(sessionId, ports)
    const opened = await reading.opened
    checkTurn(sessionId, options.reading)
    // A session that was deleted during the read has no key, so anything written to it would be unreadable.
    if (!opened || deletions.get(sessionId) !== deleted) {
      if (!isOpen(sessionId)) await ownership.release(sessionId)
      return null
    }
    const readOnly = keys.isWritable(opened.held) ? null : await protect(sessionId)
    if (readOnly === 'protected') return read(sessionId, options)
    // Reads again, because the records may be gone with the connection. After `close`, that would acquire the session again.
    if (store.losses() !== losses && !isClosed) return read(sessionId, options)
    checkTurn(sessionId, options.reading)
    // If two pages find the same owner silent, both take over, and the later one owns the session. While this page was in the
    // back/forward cache, another one may have continued it.
    if (!ownership.isOwned(sessionId) || ownership.absences() !== absences) {
      if (await ownership.acquire(sessionId)) return read(sessionId, options)
      throw new VoiceAgentError('session-open-elsewhere')
    }
    const { held, session, isCurrent, isRolledBack } = opened
    const log = logOf(sessionId)
    const isOwn = log.isOwn(session.version)
    // Another page has continued the session, so this page's changes become a recovered copy, or are merged.
    const unsaved = isOwn ? -1 : log.journalUnsaved()
    if (unsaved > options.reading.replayed) {
      await replay(isOtherOpen)
      options.reading.replayed = unsaved
      return read(sessionId, options)
    }
    if (options.isReload && isOwn) log.reopen(session.version, held)
    else log.hydrate(isCurrent ? session : { ...session, segments: [] }, held)
    void kept.markReadable(sessionId)
    if (readOnly) onOwnershipLost(sessionId, readOnly)
    const lost = lostRanges(session.layout, session.layout.lost)
    const warning = warningOf(sessionId, isRolledBack || savedRevisions.isBehind(sessionId, session.revision))
    const stored: StoredSession = {
      ...session.snapshot,
      ...(lost.length > 0 ? { lost } : {}),
      ...(warning ? { warning: toVoiceError(warning) } : {}),
      keyProtection: held.protection,
    }
    return { stored, isOwn }
  }

  /** Re-encrypts a session whose key is plain. If that fails, the session is read-only, and the error says why. */
  async function protect(sessionId: string): Promise<'protected' | VoiceAgentError> {
    try {
      const held = await keys.protect(sessionOwner(sessionId))
      if (held && keys.isWritable(held)) return 'protected'
      return new VoiceAgentError('key-unavailable')
    } catch (thrown) {
      return asWriteError(thrown)
    }
  }

  function warningOf(sessionId: string, isRolledBack: boolean): VoiceAgentError | null {
    if (isRolledBack) return new VoiceAgentError('session-rolled-back')
    return recovered.delete(sessionId) ? new VoiceAgentError('session-recovered') : null
  }

  const isInUse = (sessionId: string) => beingRead.includes(sessionId) || isOpen(sessionId)

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
      const found = await readOrQuarantine(sessionId, (reading) => read(sessionId, { reading }))
      return found?.stored ?? null
    },

    async reloadIfNewer(sessionId) {
      const log = logs.get(sessionId)
      if (!log) return null
      // Read first, because a session whose first save is still pending is not missing.
      const { isStored } = log
      try {
        const found = await readOrQuarantine(sessionId, async (reading) => {
          await log.suspend()
          return read(sessionId, { reading, isReload: true })
        })
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
      const log = logs.get(sessionId)
      let known = readings.get(sessionId)
      if (known && !known.isOver && (await known.found)) return
      releasing.push(sessionId)
      await log?.flush()
      releasing.splice(releasing.indexOf(sessionId), 1)
      // A reading that has begun since keeps the session open, unless it finds nothing.
      for (let last = readings.get(sessionId); last && last !== known; last = readings.get(sessionId)) {
        known = last
        if (await last.found) return
      }
      // Keeps a quarantined log, which rejects late writes.
      if (log && !log.isClosed) {
        logs.delete(sessionId)
        released.set(sessionId, log.keyTime)
      }
      await ownership.release(sessionId)
    },

    quarantine(sessionId, error) {
      const unreadable = asUnreadable(error)
      logOf(sessionId).close(unreadable)
      if (unreadable.code !== 'session-open-elsewhere') void kept.markUnreadable(sessionId)
    },

    async setItem(sessionId, snapshot) {
      ports.clock.check()
      if (isReleased(sessionId)) throw new VoiceAgentError('superseded')
      return logOf(sessionId).write(snapshot)
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

    replayJournal: () => replay(isOpen),
    removeExpired: cleanup.removeExpired,
    makeRoom: createRoom({ ...cleanupPorts, cleanup }),
    onOwnershipLost,
    onDeletedElsewhere,

    abandon() {
      for (const sessionId of [...logs.keys(), ...beingRead]) noteDeletion(sessionId)
      for (const log of logs.values()) void log.markDeleted()
    },

    async close() {
      isClosed = true
      globalThis.removeEventListener?.('pageshow', onPageShow)
      await Promise.all([...logs.values()].map((log) => log.flush()))
      store.close()
      ports.deletions.close()
      await ownership.close()
    },
  }
}
