import type {
  AgentStorage,
  RestoreDepth,
  StoragePlace,
  StorageTools,
  VoiceStorage,
} from '../../../../middleware/drivers/storage/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openDatabase } from './database/open-database.js'
import { createFillWatch, type StorageFill } from './fill-watch.js'
import { sessionOwner } from './records/record.js'
import { createClockWatch } from './sessions/expiry-proof.js'
import { createFences } from './sessions/fences.js'
import { createJournal } from './sessions/journal.js'
import type { OnQuotaExceeded } from './sessions/make-room.js'
import type { CleanupPorts } from './sessions/session-cleanup.js'
import { createSessionRecords, type OpenSessionRecords } from './sessions/session-records.js'
import { createDeletions, watchReturn } from './tabs/deletion-channel.js'
import { createOwnership } from './tabs/ownership.js'
import { announceOwnership, announceWrites, createSessionChanges } from './tabs/session-changes.js'
import { createSavedRevisions, pageStorage, realmName } from './tabs/session-storage.js'
import { createTab } from './tabs/tab-identity.js'
import { createTokenVault, type FindSessionKey } from './tabs/token-vault.js'
import { createIdLocks } from './tabs/web-locks.js'

/** Options of the agent's storage. */
export interface StorageOptions extends DatabaseOptions {
  /** Which messages `getItem` loads: the newest segment or two, or all of them. @default 'newest' */
  restore?: RestoreDepth
  /** The app's version of the stored state. Sessions with a higher version are not opened. @default 1 */
  version?: number
  /** Chooses the conversations to delete when the disk is full. @default only expired and unreadable ones are deleted */
  onQuotaExceeded?: OnQuotaExceeded
  /** Share of the quota, from 0 to 1, at which `onAlmostFull` is called; false for never. @default 0.9 */
  warnAtUsage?: number | false
  /** Returns true once the page knows that the device's clock is wrong; then nothing is deleted by age. @default always false */
  isClockWrong?: () => boolean
  /** Number of this agent among those of the page that share its database. @default 1 */
  agentNumber?: number
  /** Replaces the database and sessionStorage. @default IndexedDB and sessionStorage */
  storage?: VoiceStorage
  /** User whose conversations are stored. Each user has a separate database. @default null: no particular user */
  scope?: StoragePlace['scope']
  /** False or `ask` keeps everything in memory until the user agrees. @default true */
  consent?: boolean | 'ask'
}

/** An open database: its session records and their keys. */
export interface Opened {
  records: OpenSessionRecords
  findKey: FindSessionKey
  /** Loads the tools that work on the stored sessions. */
  tools(): Promise<StorageTools>
  /** Stops writing without saving, and closes the database, because everything in it was erased. */
  abandon(): Promise<void>
}

/** The parts of a tab's storage. Its database is not open until `open()`. */
export interface Engine {
  tab: AgentStorage['tab']
  tokens: AgentStorage['tokens']
  /** @throws VoiceAgentError `storage-unavailable` if the database can't be opened */
  open(): Promise<Opened>
}

export interface EngineEvents {
  /** Called after each write, with null if it succeeded. */
  onWrite(error: VoiceAgentError | null): void
  /** Called when the database connection is lost: the stored records may be gone. */
  onLost(): void
  /** Called once if another page has erased the database. */
  onErased(): void
  /** Called with the ids of sessions that were deleted by age, or to make room. */
  onDeleted: CleanupPorts['onDeleted']
  /** Called when a session was saved, deleted, opened or released, by any page. */
  onChanged(sessionId: string): void
  /** Called each time quota usage rises above `warnAtUsage`. */
  onAlmostFull(fill: StorageFill): void
  /** Called if this tab's next page won't find its session or its token, and when that changes. */
  onTabStorageFull(isFull: boolean): void
}

/** @param findKey Finds a session's key, after opening the database if necessary. */
export function createEngine(options: StorageOptions, findKey: FindSessionKey, on: EngineEvents): Engine {
  const databaseName = options.databaseName ?? DEFAULT_DATABASE_NAME
  const page = pageStorage(databaseName, realmName(), { agentNumber: options.agentNumber ?? 1 })
  const journal = createJournal(page)
  const silentPages = new Set<string>()
  let isIdMissing = false
  const tab = createTab(databaseName, page, {
    silentPages,
    onNotStored() {
      isIdMissing = true
      on.onTabStorageFull(true)
    },
  })

  return {
    tab,
    tokens: createTokenVault(page, findKey, (isMissing) => {
      tab.setTokenMissing(isMissing)
      on.onTabStorageFull(isMissing || isIdMissing)
    }),
    async open() {
      // Claims the tab before the journal is replayed: a duplicated tab drops its copy of the journal.
      const [{ store: opened, keys }] = await Promise.all([openDatabase(options), tab.claim()])
      const closed = new AbortController()
      const unfinished = new Set<() => Promise<void>>()
      const changes = createSessionChanges(databaseName)
      changes.listen(on.onChanged)
      const store = announceWrites(opened, changes)
      const { warnAtUsage = 0.9 } = options
      const checkFill = createFillWatch(warnAtUsage || Number.POSITIVE_INFINITY, on.onAlmostFull)
      checkFill()
      // The `onErased` listener reports an erasure.
      const check = () => void store.isErased().catch(() => {})
      store.onErased(on.onErased)
      const stopWatching = watchReturn(check)
      // Not awaited, but requested before anything is saved with this clock's time.
      const clock = createClockWatch(store)
      void clock.begin()
      const sessions = createOwnership(databaseName, 'session', {
        onLost: (sessionId) =>
          records.onOwnershipLost(sessionId, new VoiceAgentError('session-open-elsewhere')),
        onTaken: (sessionId) => fences.put(sessionId),
        silentPages,
      })
      const fences = createFences(store, sessions)
      const { ownership, stop: stopAnnouncing } = announceOwnership(sessions, changes)
      const deletions = createDeletions(
        databaseName,
        (sessionId) => records.onDeletedElsewhere(sessionId),
        check,
      )
      const records = createSessionRecords({
        store,
        keys,
        journal,
        ownership,
        fences,
        savedRevisions: createSavedRevisions(page),
        locks: createIdLocks(`redux-voice-agent:${databaseName}:`),
        deletions: {
          ...deletions,
          announce(sessionId) {
            deletions.announce(sessionId)
            changes.announce(sessionId)
          },
        },
        restore: options.restore ?? 'newest',
        version: options.version ?? 1,
        liveTabs: tab.liveTabs,
        onWrite(error) {
          checkFill()
          on.onWrite(error)
        },
        makeRoom: (bytes) => records.makeRoom(bytes),
        undoUnfinished: () => Promise.allSettled([...unfinished].map((undo) => undo())),
        clock,
        isClockWrong: options.isClockWrong ?? (() => false),
        onQuotaExceeded: options.onQuotaExceeded,
        onDeleted: on.onDeleted,
      })
      await records.replayJournal()
      store.onLost(on.onLost)
      const close = async () => {
        stopWatching()
        stopAnnouncing()
        closed.abort()
        await records.close()
        fences.close()
        changes.close()
      }
      return {
        records: { ...records, close },
        abandon() {
          records.abandon()
          return close()
        },
        async tools() {
          const { createStorageTools } = await importWithUnloadRetry(() => import('./tools/index.js'))
          return createStorageTools({
            store,
            keys,
            journal,
            ownership,
            changes,
            databaseName,
            closed: closed.signal,
            unfinished,
            version: options.version ?? 1,
          })
        },
        async findKey(sessionId, use) {
          const held = await keys.find(sessionOwner(sessionId))
          return held && (use === 'decrypt' || keys.isWritable(held)) ? held.key : null
        },
      }
    },
  }
}
