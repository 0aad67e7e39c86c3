import type { KeepSessions, RestoreDepth, SessionRecords } from '../../../../middleware/persistence/ports.js'
import type { TabIdentity } from '../../../../middleware/restore/ports.js'
import type { TokenVault } from '../../../../middleware/token-refresh/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import type { DatabaseOptions } from './database.js'
import type { Engine, Opened } from './engine.js'
import type { OpenSessionRecords } from './session-records.js'
import { StatusReport } from './storage-status.js'
import { noRecords, unkeptStorage } from './unkept.js'

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

const importEngine = () => import('./engine.js')

/** The page goes on without what could not be loaded; what is stored waits for the next one. */
function withoutEngine(cause: unknown): Engine {
  const { tab, tokens } = unkeptStorage()
  return {
    tab,
    tokens,
    open: () => Promise.reject(new VoiceAgentError('storage-unavailable', undefined, { cause })),
    inMemory: () => noRecords,
  }
}

/**
 * The storage of a tab. Touches nothing until something of it is called; then it loads its code, opens the database by itself, and
 * where that can't be done keeps everything in memory and says so.
 */
export function createStorage(options: StorageOptions = {}, load = importEngine): VoiceStorage {
  const report = new StatusReport()
  let onLost = () => {}
  let onLoaded: (keep: KeepSessions) => void = () => {}
  let loading: Promise<Engine> | null = null
  /** Set once loaded, and once open, so that what must happen in the caller's own task does. */
  let engine: Engine | null = null
  let opened: Opened | null = null
  let opening: Promise<Opened> | null = null
  let isClosed = false

  const findKey = async (sessionId: string) => (await ensureOpen()).findKey(sessionId)
  const events = {
    onWrite: (error: VoiceAgentError | null) => report.wrote(error),
    onLost: () => onLost(),
  }

  async function loadEngine(): Promise<Engine> {
    try {
      const { createEngine, keepSessions } = await load()
      onLoaded(keepSessions)
      return createEngine(options, findKey, events)
    } catch (cause) {
      return withoutEngine(cause)
    }
  }

  function ensureLoaded(): Promise<Engine> {
    loading ??= loadEngine().then((loaded) => (engine = loaded))
    return loading
  }

  async function open(): Promise<Opened> {
    const loaded = await ensureLoaded()
    try {
      const result = await loaded.open()
      report.set('persistent')
      return result
    } catch (error) {
      report.set('memory', error)
      return { records: loaded.inMemory(), findKey: async () => null }
    }
  }

  function ensureOpen(): Promise<Opened> {
    // Whoever is late would open it anew, and nobody would close it any more.
    if (isClosed) return Promise.reject(new VoiceAgentError('disposed'))
    opening ??= open().then((result) => (opened = result))
    return opening
  }

  /** At once when open. */
  async function use<T>(task: (records: OpenSessionRecords) => Promise<T>): Promise<T> {
    return task((opened ?? (await ensureOpen())).records)
  }

  /** At once when loaded. */
  async function withEngine<T>(task: (engine: Engine) => T | Promise<T>): Promise<T> {
    return task(engine ?? (await ensureLoaded()))
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
    onLoaded(listener) {
      onLoaded = listener
    },
    create: (sessionId) => use((open) => open.create(sessionId)),
    getItem: (sessionId) => use((open) => open.getItem(sessionId)),
    setItem: (sessionId, snapshot) => use((open) => open.setItem(sessionId, snapshot)),
    removeItem: (sessionId) => use((open) => open.removeItem(sessionId)),
    stage: (snapshot) => void use(async (open) => open.stage(snapshot)).catch(() => undefined),
    keepStaged: () => opened?.records.keepStaged(),
    recheck: (sessionId) => use((open) => open.recheck(sessionId)),
    release: (sessionId) => use((open) => open.release(sessionId)),
    refuse: (sessionId, error) => opened?.records.refuse(sessionId, error),
    readEarlier: (sessionId, index, depth) => use((open) => open.readEarlier(sessionId, index, depth)),
    list: () => use((open) => open.list()),
    readHead: (sessionId) => use((open) => open.readHead(sessionId)),
    removeExpired: (before, keep) => use((open) => open.removeExpired(before, keep)),
    async close() {
      isClosed = true
      const open = await opening
      opening = opened = null
      await open?.records.close()
    },
  }

  return {
    records,
    tokens: {
      // Whose token it is matters only once it is known which tab this is, and by then the code is there.
      read: () => engine?.tokens.read() ?? null,
      save: (sessionId, token) => withEngine(({ tokens }) => tokens.save(sessionId, token)),
      clear: () => void withEngine(({ tokens }) => tokens.clear()),
    },
    tab: {
      claim: () => withEngine(({ tab }) => tab.claim()),
      release() {
        if (loading) void withEngine(({ tab }) => tab.release())
      },
      wishForCall: (isWanted) => void withEngine(({ tab }) => tab.wishForCall(isWanted)),
      takeCallWish: () => engine?.tab.takeCallWish() ?? false,
    },
  }
}
