import type { CallIntent } from '../../../../middleware/drivers/storage/ports.js'
import { withTimeout } from '../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { createCustomEngine } from './custom-engine.js'
import { DEFAULT_DATABASE_NAME, openInTime } from './database/open-database.js'
import { createEngine, type Engine, type EngineEvents, type Opened, type StorageOptions } from './engine.js'
import { createMemoryRecords, createMemoryTokens, createNullStorage } from './memory-storage.js'
import { scopedName } from './scoped-name.js'
import type { StorageStatusReporter } from './storage-status.js'
import type { FindSessionKey } from './tabs/token-vault.js'

/** Milliseconds until opening fails, including the journal's replay. Also applies to the app's own storage. */
const OPEN_LIMIT_MS = 14_000
/** Milliseconds that an ending era waits for the tab's id. */
const CLAIM_LIMIT_MS = 5_000

/** User whose conversations are stored, and the user's consent. */
export interface Place {
  scope: string | null
  consent: boolean | 'ask'
}

/**
 * Period in which a tab stores for one user, in one place. Begins when the tab leaves the previous place and ends when it leaves this one.
 * After its end, it stores and reports nothing.
 */
export interface Era {
  /** Sessions created or read in this era. */
  readonly sessions: Set<string>
  /** Set once open, so that later calls run in the caller's task. */
  readonly opened: Opened | null
  /** Opens the database. Without one, everything stays in memory. Never rejects. */
  ensureOpen(): Promise<Opened>
  /** Options of its database. */
  findOptions(): Promise<StorageOptions>
  /** The engine; null until the previous era has ended. */
  readonly engine: Engine | null
  ready(): Promise<Engine>
  /** Runs a task with the engine, now or as soon as it exists. */
  run(task: (engine: Engine) => void): void
  /** Records the user's decision about a call for the tab's next page, even if the era ends before it has the tab's id. */
  setCallIntent(intent: CallIntent): void
  /** Saves everything, and closes the database. */
  close(): Promise<void>
  /** Ends without saving, because everything is erased. */
  abandon(): Promise<void>
  /** Stops reporting. A storage that the app passed in stays open. */
  end(): void
}

export interface EraPorts {
  options: StorageOptions
  place: Place
  report: StorageStatusReporter
  /** Settles when the previous era has released its database, locks and entries; null for the first era. */
  after: Promise<unknown> | null
  onLost(): void
  onErased(): void
  onDeleted: EngineEvents['onDeleted']
  onChanged: EngineEvents['onChanged']
  onAlmostFull: EngineEvents['onAlmostFull']
}

export const late = () => new VoiceAgentError('storage-unreachable', 'The storage did not close in time.')

const noConsent = (consent: Place['consent']) =>
  new VoiceAgentError(
    'consent-missing',
    consent === 'ask' ? 'This conversation is not saved until you allow it.' : undefined,
  )

/**
 * Creates an engine that keeps everything in memory, for a page that may not store anything.
 *
 * @param failure Error that `open` rejects with. @default none
 */
function createMemoryEngine(failure?: unknown): Engine {
  return {
    tab: createNullStorage().tab,
    tokens: createMemoryTokens(),
    async open() {
      if (failure) throw failure
      return createMemoryOpened()
    },
  }
}

/**
 * Stands in for an open database in a page that can't store anything.
 *
 * @param failure As in `createMemoryRecords`.
 */
const createMemoryOpened = (failure?: unknown): Opened => ({
  records: createMemoryRecords(failure),
  findKey: async () => null,
  async tools() {
    throw new VoiceAgentError('storage-unavailable', 'This page stores no conversations in this browser.')
  },
  async abandon() {},
})

/** Rejects the deletion of a session from before, because without consent the package doesn't open the database that may contain it. */
const notDeleted = () =>
  new VoiceAgentError(
    'consent-missing',
    "Without consent, deleteSession() can't delete a conversation from an earlier visit. Call eraseAll(), or setConsent(true) first.",
  )

export function createEra(ports: EraPorts): Era {
  const { options, place, report, after, onLost, onErased } = ports
  const { scope, consent } = place
  const sessions = new Set<string>()
  let engine: Engine | null = null
  let opened: Opened | null = null
  let opening: Promise<Opened> | null = null
  let isOver = false
  /** True if the tab's next page must know a decision about its call. */
  let isDecided = false
  const waiting: ((engine: Engine) => void)[] = []

  const unlessOver =
    <Args extends unknown[]>(listener: (...args: Args) => void) =>
    (...args: Args) => {
      if (!isOver) listener(...args)
    }
  const events: EngineEvents = {
    onWrite: unlessOver((error) => {
      // `onErased` reports it.
      if (error?.code !== 'erased') report.reportWrite(error)
    }),
    onLost: unlessOver(onLost),
    onErased: unlessOver(onErased),
    onDeleted: unlessOver(ports.onDeleted),
    onChanged: unlessOver(ports.onChanged),
    onAlmostFull: unlessOver(ports.onAlmostFull),
    onTabStorageFull: unlessOver((isFull) => report.reportTab(isFull)),
  }

  const findOptions = async () =>
    scope === null
      ? options
      : { ...options, databaseName: await scopedName(options.databaseName ?? DEFAULT_DATABASE_NAME, scope) }

  const createStoring = (own: StorageOptions) => createEngine(own, findKey, events)

  function create(): Engine | Promise<Engine> {
    if (consent !== true)
      return { ...createMemoryEngine(), open: async () => createMemoryOpened(notDeleted()) }
    if (options.storage) return createCustomEngine(options.storage, events)
    if (scope === null) return createStoring(options)
    // Without WebCrypto, as on insecure origins, nothing is stored and the scoped name can't be computed.
    return findOptions().then(createStoring, createMemoryEngine)
  }

  function run(task: (engine: Engine) => void): void {
    if (engine) task(engine)
    else waiting.push(task)
  }

  function set(created: Engine): Engine {
    engine = created
    for (const task of waiting.splice(0)) task(created)
    return created
  }

  async function begin(): Promise<Engine> {
    const failure = await after?.then(
      () => null,
      (error: unknown) => error,
    )
    const isUnused = isOver && !isDecided
    // An app's storage that failed to switch users may still return the previous user's data.
    if (isUnused || (failure && options.storage)) return set(createMemoryEngine(failure))
    return set(await create())
  }

  /** Synchronous if possible, so that a page that closes immediately has recorded its pending call. */
  function beginNow(): Promise<Engine> {
    if (after !== null) return begin()
    const created = create()
    return created instanceof Promise ? created.then(set) : Promise.resolve(set(created))
  }

  const findKey: FindSessionKey = async (...args) => (await ensureOpen()).findKey(...args)

  async function open(): Promise<Opened> {
    try {
      const working = (await readiness).open()
      const result = await openInTime(OPEN_LIMIT_MS, working, ({ records }) => records.close())
      if (consent === true) unlessOver(() => report.set('persistent'))()
      else unlessOver(() => report.set('memory', noConsent(consent)))()
      return result
    } catch (error) {
      unlessOver(() => report.set('memory', error))()
      return createMemoryOpened(error)
    }
  }

  function ensureOpen(): Promise<Opened> {
    opening ??= open().then((result) => (opened = result))
    return opening
  }

  /** Lets another page have the tab's id and slot, once the decision for the tab's next page is stored under that id. */
  async function leaveTab(): Promise<void> {
    if (isDecided) {
      const { tab } = await readiness
      await withTimeout(CLAIM_LIMIT_MS, tab.claim(), late).catch(() => {})
    }
    run(({ tab }) => tab.release())
  }

  async function leave(how: 'close' | 'abandon'): Promise<void> {
    isOver = true
    if (how === 'abandon') {
      // All entries of an abandoned era are removed.
      isDecided = false
      // Also cancels a save that is still encrypting.
      run(({ tokens }) => tokens.clear())
    }
    const left = leaveTab()
    // Synchronous if it is open: from here on, it writes only what is saved below.
    const result = opened ?? (await opening)
    opened = null
    if (how === 'abandon') await result?.abandon()
    else await result?.records.close()
    await left
  }

  const readiness = beginNow()

  return {
    sessions,
    get opened() {
      return opened
    },
    get engine() {
      return engine
    },
    ensureOpen,
    findOptions,
    ready: () => readiness,
    run,
    setCallIntent(intent) {
      isDecided = true
      run(({ tab }) => tab.setCallIntent(intent))
    },
    close: () => leave('close'),
    abandon: () => leave('abandon'),
    end() {
      isOver = true
    },
  }
}
