import type { RestoreDepth, SessionRecords } from '../../../../middleware/persistence/ports.js'
import type { TabIdentity } from '../../../../middleware/restore/ports.js'
import type { TokenVault } from '../../../../middleware/token-refresh/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { createAnchors } from './anchors.js'
import { createClaims } from './claims.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openDatabase } from './database.js'
import { createDeletions } from './deletions.js'
import { createIdLocks } from './id-locks.js'
import { createJournal } from './journal.js'
import { createMemoryRecords } from './memory.js'
import { pageStorage } from './page-storage.js'
import { sessionOwner } from './record.js'
import { replayJournal } from './replay.js'
import { createSessionRecords, type OpenSessionRecords } from './session-records.js'
import { StatusReport } from './storage-status.js'
import { createTab } from './tab-identity.js'
import { createTokenVault } from './token-vault.js'

export interface StorageOptions extends DatabaseOptions {
  /** What `getItem` reads: the newest messages, or all of them. @default 'newest' */
  restore?: RestoreDepth
  /** The app's version of the stored state: what a higher one wrote is left alone. @default 1 */
  version?: number
}

/** Everything of a tab that is stored. */
export interface VoiceStorage {
  records: SessionRecords
  tokens: TokenVault
  tab: TabIdentity
}

interface Opened {
  records: OpenSessionRecords
  findKey: (sessionId: string) => Promise<CryptoKey | null>
}

/**
 * The storage of a tab. Touches nothing until something of it is called; then it opens the database by itself, and where
 * that can't be done keeps everything in memory and says so.
 */
export function createStorage(options: StorageOptions = {}): VoiceStorage {
  const databaseName = options.databaseName ?? DEFAULT_DATABASE_NAME
  const page = pageStorage(databaseName)
  const journal = createJournal(page)
  const tab = createTab(databaseName, page)
  const report = new StatusReport()
  let opening: Promise<Opened> | null = null
  let onLost = () => {}
  /** Set once open, so that what must happen in the caller's own task does. */
  let opened: Opened | null = null

  async function open(): Promise<Opened> {
    try {
      // The claim first: a duplicated tab's journal is another tab's, and is dropped by it.
      const [{ store, keys }] = await Promise.all([openDatabase(options), tab.claim()])
      const claims = createClaims(databaseName, 'session', (sessionId) =>
        records.forsake(sessionId, new VoiceAgentError('session-open-elsewhere')),
      )
      const records = createSessionRecords({
        store,
        keys,
        journal,
        claims,
        anchors: createAnchors(page),
        locks: createIdLocks(`redux-voice-agent:${databaseName}:`, () => {}),
        deletions: createDeletions(databaseName, (sessionId) => records.forget(sessionId)),
        restore: options.restore ?? 'newest',
        version: options.version ?? 1,
        liveTabs: () => tab.liveTabs(),
        onWrite: (error) => report.wrote(error),
        onDeleted: (sessionId) => records.forget(sessionId),
        makeRoom: () => records.makeRoom(),
      })
      await replayJournal(journal, store, keys, claims)
      store.onLost(() => onLost())
      report.set('persistent')
      return {
        records,
        findKey: async (sessionId) => (await keys.find(sessionOwner(sessionId)))?.key ?? null,
      }
    } catch (error) {
      report.set('memory', error)
      return { records: createMemoryRecords(), findKey: async () => null }
    }
  }

  function ensureOpen(): Promise<Opened> {
    opening ??= open().then((result) => (opened = result))
    return opening
  }

  /** At once when open. */
  async function use<T>(task: (records: OpenSessionRecords) => Promise<T>): Promise<T> {
    return task((opened ?? (await ensureOpen())).records)
  }

  const records: SessionRecords = {
    async open(onStatus) {
      report.listen(onStatus)
      await ensureOpen()
      return report.status
    },
    onLost(listener) {
      onLost = listener
    },
    create: (sessionId) => use((open) => open.create(sessionId)),
    getItem: (sessionId) => use((open) => open.getItem(sessionId)),
    setItem: (sessionId, snapshot) => use((open) => open.setItem(sessionId, snapshot)),
    removeItem: (sessionId) => use((open) => open.removeItem(sessionId)),
    stage: (snapshot) => void use(async (open) => open.stage(snapshot)),
    keepStaged: () => opened?.records.keepStaged(),
    recheck: (sessionId) => use((open) => open.recheck(sessionId)),
    release: (sessionId) => use((open) => open.release(sessionId)),
    refuse: (sessionId, error) => opened?.records.refuse(sessionId, error),
    readEarlier: (sessionId, index, depth) => use((open) => open.readEarlier(sessionId, index, depth)),
    list: () => use((open) => open.list()),
    readHead: (sessionId) => use((open) => open.readHead(sessionId)),
    removeExpired: (before, keep) => use((open) => open.removeExpired(before, keep)),
    async close() {
      const open = await opening
      opening = opened = null
      await open?.records.close()
    },
  }
  const tokens = createTokenVault(page, async (sessionId) => (await ensureOpen()).findKey(sessionId))
  return { records, tokens, tab: { claim: () => tab.claim(), release: () => tab.release() } }
}
