import type { HandlerContext } from '../../../../middleware/context.js'
import { startPersistence as startKeeping } from '../../../../middleware/persistence/keep-sessions.js'
import type {
  Persistence,
  PersistencePorts,
  SessionRecords,
} from '../../../../middleware/persistence/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { createPageLifecycle } from '../page/page-lifecycle.js'
import { createCustomEngine } from './custom-engine.js'
import { createEngine, type EngineEvents, type Opened, type StorageOptions } from './engine.js'
import { createMemoryRecords } from './memory-storage.js'
import { asOpenError } from './records/storage-errors.js'
import type { OpenSessionRecords } from './sessions/session-records.js'
import { StorageStatusReporter } from './storage-status.js'
import type { VoiceStorage } from './voice-storage.js'

/** Keeps sessions in this page. */
export const startPersistence = (context: HandlerContext, ports: PersistencePorts): Persistence =>
  startKeeping(context, { ...ports, page: createPageLifecycle() })

/**
 * The storage of a tab. Touches nothing until something of it is called; then it opens the database by itself, and where that can't be
 * done keeps everything in memory and says so.
 */
export function createStorage(options: StorageOptions = {}): VoiceStorage {
  const report = new StorageStatusReporter()
  let onLost = () => {}
  /** Set once open, so that what must happen in the caller's own task does. */
  let opened: Opened | null = null
  let opening: Promise<Opened> | null = null
  let isClosed = false

  const findKey = async (sessionId: string) => (await ensureOpen()).findKey(sessionId)
  const events: EngineEvents = { onWrite: (error) => report.reportWrite(error), onLost: () => onLost() }
  const engine = options.storage
    ? createCustomEngine(options.storage, events)
    : createEngine(options, findKey, events)

  async function open(): Promise<Opened> {
    try {
      const result = await engine.open()
      report.set('persistent')
      return result
    } catch (error) {
      report.set('memory', error)
      return { records: createMemoryRecords(), findKey: async () => null }
    }
  }

  function ensureOpen(): Promise<Opened> {
    // Whoever is late would open it anew, and nobody would close it any more.
    if (isClosed) return Promise.reject(new VoiceAgentError('disposed'))
    opening ??= open().then((result) => (opened = result))
    return opening
  }

  /** At once when open. */
  async function withRecords<T>(task: (records: OpenSessionRecords) => Promise<T>): Promise<T> {
    return task((opened ?? (await ensureOpen())).records)
  }

  /** For what the app asks for itself: it is told what to do. */
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
    list: () => withUserFacingErrors((open) => open.list()),
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
