import type { RestoreDepth, StoredSession } from '../../../../../middleware/drivers/storage/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { FORMAT_VERSION, headKey, keptKey, sessionOwner } from '../records/record.js'
import { asUnreadable, asWriteError } from '../records/storage-errors.js'
import { replayJournal } from './journal-recovery.js'
import { lostRanges } from './segments.js'
import type { LogPorts, SessionLog } from './session-log.js'
import { findHead, isSameHead, startReading } from './session-reader.js'

interface ReadingPorts extends LogPorts {
  restore: RestoreDepth
  /** The app's `persistence.version`. */
  version: number
  /** Returns the session's log, after creating one if there is none. */
  logOf: (sessionId: string) => SessionLog
  /** Returns true for a session that this page has open for writing. */
  isOpen: (sessionId: string) => boolean
  /** Returns the number of times that a session with this id was deleted, here or by another page. */
  deletions: (sessionId: string) => number
  /** Returns true once the storage is closed. */
  isClosed: () => boolean
  /** Stops writing a session with `stop`, and reports the error. */
  onOwnershipLost: (sessionId: string, error: VoiceAgentError, stop: () => void) => void
}

interface Reading {
  isOver: boolean
  /** Newest revision of this page whose changes were journalled and replayed during the reading. */
  replayed: number
  /** Resolves to true if the session was read and so is open. */
  found: Promise<boolean>
}

interface Found {
  stored: StoredSession
  /** True if this page wrote the stored session, so its state includes all of it. */
  isOwn: boolean
}

/** Reads sessions and opens them for writing, after replaying the journal. */
export interface SessionReadings {
  /**
   * Acquires and reads a session. Resolves with null if it is not stored. If that fails, stops writing it and releases it.
   *
   * @param options.isReload Continues with this page's session if no other page has changed it.
   * @throws VoiceAgentError `superseded` if a later reading of the session has begun, or why it can't be read
   */
  read(sessionId: string, options?: { isReload: boolean }): Promise<Found | null>
  /** Returns the last reading of the session. It supersedes earlier readings and releases. */
  last(sessionId: string): Reading | undefined
  isBeingRead(sessionId: string): boolean
  /** Lists the sessions that are being read. */
  current(): readonly string[]
  /** Stops writing a session that can't be read, so that it is not overwritten, and keeps it from being deleted by age. */
  quarantine(sessionId: string, error: unknown): void
  /** Writes the journal that the previous page left. */
  replayJournal(): Promise<void>
}

export function createReadings(ports: ReadingPorts): SessionReadings {
  const { store, keys, savedRevisions, ownership, logOf, isOpen } = ports
  const kept = createKeptSessions(store)
  /** Sessions that are being read, one entry per reading. */
  const beingRead: string[] = []
  const readings = new Map<string, Reading>()
  /** Sessions with a recovered copy. The next reading reports it. */
  const recovered = new Set<string>()
  /** The last replay of the journal. Never rejects. */
  let replaying: Promise<void> = Promise.resolve()

  const isBeingRead = (sessionId: string) => beingRead.includes(sessionId)

  /** @throws VoiceAgentError `superseded` if a later reading of the session has begun */
  function checkTurn(sessionId: string, reading: Reading): void {
    if (readings.get(sessionId) !== reading) throw new VoiceAgentError('superseded')
  }

  /** Replays one after the other, because a reading must not miss what an earlier replay still writes. */
  function replay(isOpenHere: (sessionId: string) => boolean): Promise<void> {
    const replayed = replaying.then(async () => {
      const found = { ...ports, isOpen: isOpenHere, isBeingRead }
      for (const sessionId of await replayJournal(found)) recovered.add(sessionId)
    })
    replaying = replayed
    return replayed
  }

  async function attempt(sessionId: string, reading: Reading, isReload: boolean): Promise<Found | null> {
    const again = () => attempt(sessionId, reading, isReload)
    const absences = ownership.absences()
    const deleted = ports.deletions(sessionId)
    const losses = store.losses()
    // Acquires and reads in parallel, because both are round trips to another process.
    const claiming = ownership.acquire(sessionId)
    let started = startReading(sessionId, ports)
    if (!(await claiming)) {
      // The owner may still have a deleted session open: report it as missing.
      if ((await started.head) === null) return null
      throw new VoiceAgentError('session-open-elsewhere')
    }
    const isOtherOpen = (id: string) => id !== sessionId && isOpen(id)
    await replay(isOtherOpen)
    // Compares the heads, because another page may have written the session before this one owned it, and a replay since.
    const [before, after] = await Promise.all([started.head, findHead(store, sessionId)])
    if (!isSameHead(before, after)) started = startReading(sessionId, ports)
    const opened = await started.opened
    checkTurn(sessionId, reading)
    const readOnly = opened && !keys.isWritable(opened.held) ? await protect(sessionId) : null
    // A session that was deleted during the read has no key, so anything written to it would be unreadable.
    if (!opened || ports.deletions(sessionId) !== deleted) {
      if (!isOpen(sessionId)) await ownership.release(sessionId)
      return null
    }
    if (readOnly === 'changed') return again()
    // Reads again, because the records may be gone with the connection. After `close`, that would acquire the session again.
    if (store.losses() !== losses && !ports.isClosed()) return again()
    checkTurn(sessionId, reading)
    // If two pages find the same owner silent, both take over, and the later one owns the session. While this page was in the
    // back/forward cache, another one may have continued it.
    if (!ownership.isOwned(sessionId) || ownership.absences() !== absences) {
      if (await ownership.acquire(sessionId)) return again()
      throw new VoiceAgentError('session-open-elsewhere')
    }
    const { held, session, isCurrent, isRolledBack } = opened
    const log = logOf(sessionId)
    const isOwn = log.isOwn(session.version)
    // Another page has continued the session, so this page's changes become a recovered copy, or are merged.
    const unsaved = isOwn ? -1 : log.journalUnsaved()
    if (unsaved > reading.replayed) {
      await replay(isOtherOpen)
      reading.replayed = unsaved
      return again()
    }
    if (isReload && isOwn) log.reopen(session.version, held)
    else log.hydrate(isCurrent ? session : { ...session, segments: [] }, held)
    void kept.markReadable(sessionId)
    if (readOnly) ports.onOwnershipLost(sessionId, readOnly, () => log.lock(readOnly))
    const lost = lostRanges(session.layout, session.layout.lost)
    const isBehind = savedRevisions.isBehind(sessionId, session.revision, held.record.updatedAt)
    const warning = warningOf(sessionId, isRolledBack || isBehind)
    const stored: StoredSession = {
      ...session.snapshot,
      ...(lost.length > 0 ? { lost } : {}),
      ...(warning ? { warning: toVoiceError(warning) } : {}),
      keyProtection: held.protection,
    }
    return { stored, isOwn }
  }

  /**
   * Re-encrypts a session whose key is plain. If that fails, the session is read-only, and the error says why. `changed`: the key was
   * replaced, here or by another page, or it is gone with its session.
   */
  async function protect(sessionId: string): Promise<'changed' | VoiceAgentError> {
    try {
      await keys.protect(sessionOwner(sessionId))
      return 'changed'
    } catch (thrown) {
      return asWriteError(thrown)
    }
  }

  function warningOf(sessionId: string, isRolledBack: boolean): VoiceAgentError | null {
    if (isRolledBack) return new VoiceAgentError('session-rolled-back')
    return recovered.delete(sessionId) ? new VoiceAgentError('session-recovered') : null
  }

  /** Keeps a session that exists but can't be read. If another page has it open, it is readable. */
  function markUnreadable(sessionId: string, { code }: VoiceAgentError): void {
    if (code !== 'session-open-elsewhere') void kept.markUnreadable(sessionId)
  }

  return {
    async read(sessionId, { isReload } = { isReload: false }) {
      beingRead.push(sessionId)
      let resolveFound = (_isFound: boolean) => {}
      const found = new Promise<boolean>((resolve) => {
        resolveFound = resolve
      })
      const reading: Reading = { isOver: false, replayed: -1, found }
      readings.set(sessionId, reading)
      try {
        if (isReload) await logOf(sessionId).suspend()
        const result = await attempt(sessionId, reading, isReload)
        checkTurn(sessionId, reading)
        resolveFound(result !== null)
        return result
      } catch (error) {
        checkTurn(sessionId, reading)
        // Quarantine on any read error, so that unreadable data is never overwritten.
        const unreadable = asUnreadable(error)
        // Journals what a page from the back/forward cache has not saved.
        logOf(sessionId).giveUp(unreadable)
        markUnreadable(sessionId, unreadable)
        // Another tab, perhaps with a newer build, may be able to read the session.
        await ownership.release(sessionId)
        throw unreadable
      } finally {
        reading.isOver = true
        resolveFound(false)
        beingRead.splice(beingRead.indexOf(sessionId), 1)
      }
    },
    last: (sessionId) => readings.get(sessionId),
    isBeingRead,
    current: () => beingRead,
    quarantine(sessionId, error) {
      const unreadable = asUnreadable(error)
      logOf(sessionId).close(unreadable)
      markUnreadable(sessionId, unreadable)
    },
    replayJournal: () => replay(isOpen),
  }
}

/** Marks sessions that could not be opened. They are kept until the app or the user deletes them. */
function createKeptSessions(store: RecordStore) {
  const keyOf = (sessionId: string) => keptKey(sessionOwner(sessionId))
  return {
    /** Keeps a session from being deleted by age. Does nothing if it is not stored. Never rejects. */
    async markUnreadable(sessionId: string): Promise<void> {
      const key = keyOf(sessionId)
      const marker = { v: FORMAT_VERSION, kind: 'meta', name: 'kept' } as const
      // Checks the head in the same transaction, because a marker must not outlive its session.
      await store
        .transact([headKey(sessionId), key], ([head, marked]) =>
          head && !marked ? new Map([[key, marker]]) : new Map(),
        )
        .catch(() => {})
    },
    /** Undoes the mark, because the session was opened. Never rejects. */
    async markReadable(sessionId: string): Promise<void> {
      const key = keyOf(sessionId)
      try {
        if (await store.get(key)) await store.write(new Map([[key, null]]))
      } catch {
        // A session that stays marked is kept longer than necessary.
      }
    },
  }
}
