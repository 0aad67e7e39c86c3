import type { RestoreDepth } from '../../../../middleware/persistence/ports.js'
import type { TokenVault } from '../../../../middleware/token-refresh/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openDatabase } from './database/open-database.js'
import { sessionOwner } from './records/record.js'
import { createJournal } from './sessions/journal.js'
import { replayJournal } from './sessions/journal-recovery.js'
import { createSessionRecords, type OpenSessionRecords } from './sessions/session-records.js'
import { createDeletions } from './tabs/deletion-channel.js'
import { createOwnership } from './tabs/ownership.js'
import { createSavedRevisions } from './tabs/saved-revisions.js'
import { pageStorage } from './tabs/session-storage.js'
import { createTab, type Tab } from './tabs/tab-identity.js'
import { createTokenVault, type FindSessionKey } from './tabs/token-vault.js'
import { createIdLocks } from './tabs/web-locks.js'
import type { VoiceStorage } from './voice-storage.js'

export interface StorageOptions extends DatabaseOptions {
  /** What `getItem` reads: the newest messages, or all of them. @default 'newest' */
  restore?: RestoreDepth
  /** The app's version of the stored state: what a higher one wrote is left alone. @default 1 */
  version?: number
  /** In place of the database and of what sessionStorage holds. */
  storage?: VoiceStorage
}

/** What an open database gives. */
export interface Opened {
  records: OpenSessionRecords
  findKey: FindSessionKey
}

/** What a tab's storage is made of, its database yet to be opened. */
export interface Engine {
  tab: Omit<Tab, 'liveTabs'>
  tokens: TokenVault
  /** Rejects where there is no database. */
  open(): Promise<Opened>
}

export interface EngineEvents {
  /** After each write; null when it succeeded. */
  onWrite(error: VoiceAgentError | null): void
  /** What is stored may be gone, all of it. */
  onLost(): void
}

/** @param findKey Opens the database when it has to. */
export function createEngine(options: StorageOptions, findKey: FindSessionKey, on: EngineEvents): Engine {
  const databaseName = options.databaseName ?? DEFAULT_DATABASE_NAME
  const page = pageStorage(databaseName)
  const journal = createJournal(page)
  const tab = createTab(databaseName, page)

  return {
    tab,
    tokens: createTokenVault(page, findKey),
    async open() {
      // The claim first: a duplicated tab's journal is another tab's, and is dropped by it.
      const [{ store, keys }] = await Promise.all([openDatabase(options), tab.claim()])
      const ownership = createOwnership(databaseName, 'session', (sessionId) =>
        records.onOwnershipLost(sessionId, new VoiceAgentError('session-open-elsewhere')),
      )
      const records = createSessionRecords({
        store,
        keys,
        journal,
        ownership,
        savedRevisions: createSavedRevisions(page),
        locks: createIdLocks(`redux-voice-agent:${databaseName}:`, () => {}),
        deletions: createDeletions(databaseName, (sessionId) => records.onDeletedElsewhere(sessionId)),
        restore: options.restore ?? 'newest',
        version: options.version ?? 1,
        liveTabs: tab.liveTabs,
        onWrite: on.onWrite,
        makeRoom: () => records.makeRoom(),
      })
      await replayJournal(journal, store, keys, ownership)
      store.onLost(on.onLost)
      return {
        records,
        findKey: async (sessionId) => (await keys.find(sessionOwner(sessionId)))?.key ?? null,
      }
    },
  }
}
