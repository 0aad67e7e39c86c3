import type { SessionRecords, VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { createCustomEngine } from './custom-engine.js'
import { withTimeout } from './database/timeout.js'
import { createEngine, type EngineEvents, type Opened, type StorageOptions } from './engine.js'
import { createMemoryRecords } from './memory-storage.js'
import { asOpenError } from './records/storage-errors.js'
import type { OpenSessionRecords } from './sessions/session-records.js'
import { StorageStatusReporter } from './storage-status.js'

/** Milliseconds until opening fails, with the replay of the journal, or the app's own storage. */
const OPEN_LIMIT_MS = 14_000

/** Rejects after {@link OPEN_LIMIT_MS}, and closes a storage that opens later. */
function inTime(opening: Promise<Opened>): Promise<Opened> {
  return withTimeout(OPEN_LIMIT_MS, opening, () => {
    opening.then(({ records }) => records.close()).catch(() => {})
    const detail = "The browser's storage did not answer in time. Messages won't survive a reload."
    return new VoiceAgentError('storage-unavailable', detail)
  })
}

/**
 * Creates a tab's storage: encrypted sessions in IndexedDB, the encrypted token in sessionStorage, the tab's identity.
 *
 * The first call opens the database. If that fails, everything stays in memory and the status becomes `memory`.
 *
 * @example
 * const storage = createStorage({ databaseName: 'my-app', restore: 'all' })
 * const sessions = await storage.records.list()
 */
export function createStorage(options: StorageOptions = {}): VoiceStorage {
  const report = new StorageStatusReporter()
  let onLost = () => {}
  let onDeleted: EngineEvents['onDeleted'] = () => {}
  /** Set once open, so that later calls run in the caller's task. */
  let opened: Opened | null = null
  let opening: Promise<Opened> | null = null
  let isClosed = false

  const findKey = async (sessionId: string) => (await ensureOpen()).findKey(sessionId)
  const events: EngineEvents = {
    onWrite: (error) => report.reportWrite(error),
    onLost: () => onLost(),
    onDeleted: (sessionIds, reason) => onDeleted(sessionIds, reason),
  }
  const engine = options.storage
    ? createCustomEngine(options.storage, events)
    : createEngine(options, findKey, events)

  async function open(): Promise<Opened> {
    try {
      const result = await inTime(engine.open())
      report.set('persistent')
      return result
    } catch (error) {
      report.set('memory', error)
      return { records: createMemoryRecords(), findKey: async () => null }
    }
  }

  function ensureOpen(): Promise<Opened> {
    // Reject calls after close(): they would reopen the storage and leak it.
    if (isClosed) return Promise.reject(new VoiceAgentError('disposed'))
    opening ??= open().then((result) => (opened = result))
    return opening
  }

  /** Runs a task in the caller's task if the database is open, else after opening it. */
  async function withRecords<T>(task: (records: OpenSessionRecords) => Promise<T>): Promise<T> {
    return task((opened ?? (await ensureOpen())).records)
  }

  /** Runs a task that the user asked for: its error says what the user can do. */
  const withUserFacingErrors = <T>(task: (records: OpenSessionRecords) => Promise<T>) =>
    withRecords(task).catch((error: unknown) => {
      const detail = "Stored conversations can't be reached. Try again, or reload."
      throw asOpenError(error, detail)
    })

  const records: SessionRecords = {
    async open(onStatus) {
      report.listen(onStatus)
      await ensureOpen()
      return report.status
    },
    onLost(listener) {
      onLost = listener
    },
    onDeleted(listener) {
      onDeleted = listener
    },
    create: (sessionId) => withRecords((open) => open.create(sessionId)),
    getItem: (sessionId) => withRecords((open) => open.getItem(sessionId)),
    setItem: (sessionId, snapshot) => withRecords((open) => open.setItem(sessionId, snapshot)),
    removeItem: (sessionId) => withUserFacingErrors((open) => open.removeItem(sessionId)),
    stage: (snapshot) => void withRecords(async (open) => open.stage(snapshot)).catch(() => undefined),
    flushSync: () => opened?.records.flushSync(),
    reloadIfNewer: (sessionId) => withRecords((open) => open.reloadIfNewer(sessionId)),
    release: (sessionId) => withRecords((open) => open.release(sessionId)),
    quarantine: (sessionId, error) => opened?.records.quarantine(sessionId, error),
    readEarlier: (sessionId, index, depth) =>
      withRecords((open) => open.readEarlier(sessionId, index, depth)),
    list: (options) => withUserFacingErrors((open) => open.list(options)),
    removeExpired: (before, keep) => withUserFacingErrors((open) => open.removeExpired(before, keep)),
    async close() {
      isClosed = true
      const open = await opening
      opening = opened = null
      await open?.records.close()
    },
  }

  return { records, tokens: engine.tokens, tab: engine.tab }
}
