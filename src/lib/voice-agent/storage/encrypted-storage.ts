import type { PersistConfig, Storage } from 'redux-persist'
import { withTimeout } from '../../../../middleware/waiting.js'
import { type StorageStatus, VoiceAgentError, type VoiceError } from '../../../../store/index.js'
import { checkDatabase } from '../options/check-options.js'
import { watchPageExit } from '../page/page-exit.js'
import { type DatabaseOptions, DEFAULT_DATABASE_NAME, openDatabase } from './database/open-database.js'
import { asWriteError } from './records/storage-errors.js'
import { StorageStatusReporter } from './storage-status.js'
import { onOwnErasure } from './tabs/deletion-channel.js'
import { documentEntries, realmName } from './tabs/session-storage.js'
import { createRolledBackError, ValueRecords } from './values/value-records.js'

/** The part of a redux-persist persistor that can flush. */
export interface Flushable {
  flush(): Promise<unknown>
}

/**
 * Calls a listener whenever the page may be closing.
 *
 * `beforeunload` is the earliest event of a reload, and the only one after which every browser completes asynchronous work.
 */
function watchLeaving(onLeaving: () => void) {
  const exit = watchPageExit()
  const stopped = new AbortController()
  const { signal } = stopped
  const isHidden = () => globalThis.document?.visibilityState === 'hidden'
  globalThis.addEventListener?.('beforeunload', onLeaving, { signal })
  globalThis.addEventListener?.('pagehide', onLeaving, { signal })
  globalThis.document?.addEventListener('visibilitychange', () => isHidden() && onLeaving(), { signal })
  return {
    /** True while the page may be closing or is hidden. On a phone, hiding is the last event. */
    isLeaving: () => exit.remainingMs() > 0 || isHidden(),
    stop() {
      exit.stop()
      stopped.abort()
    },
  }
}

/** redux-persist's own prefix of storage keys. */
const KEY_PREFIX = 'persist:'

type GuardedConfig<S> = Omit<PersistConfig<S>, 'storage'>

/**
 * Wraps the functions in a redux-persist configuration that can fail after the read: transforms, migrations and `deserialize`.
 * After such a failure, redux-persist continues with the initial state and writes it.
 *
 * @param quarantine Called with the storage key when one of them throws, before redux-persist sees the error.
 */
function guardConfig<S>(config: GuardedConfig<S>, quarantine: (name: string) => void): GuardedConfig<S> {
  const name = `${config.keyPrefix ?? KEY_PREFIX}${config.key}`
  const fail = (error: unknown): never => {
    quarantine(name)
    throw error
  }
  const attempt = <T>(task: () => T): T => {
    try {
      return task()
    } catch (error) {
      return fail(error)
    }
  }
  const { transforms, migrate } = config
  const guarded: GuardedConfig<S> & { deserialize?: unknown } = { ...config }
  if (transforms) {
    guarded.transforms = transforms.map((transform) => ({
      in: (...args) => transform.in(...args),
      out: (...args) => attempt(() => transform.out(...args)),
    }))
  }
  // Async, because redux-persist misses a synchronous error and waits until its timeout.
  if (migrate) guarded.migrate = async (...args) => attempt(() => migrate(...args)).catch(fail)
  const { deserialize } = guarded
  if (typeof deserialize === 'function') {
    guarded.deserialize = (stored: unknown) => attempt((): unknown => deserialize(stored))
  }
  return guarded
}

/** Options of {@link createEncryptedStorage}. */
export interface EncryptedStorageOptions extends DatabaseOptions {
  /**
   * Called with the storage status once it is known and at each change, with the error that caused it: `degraded` if a value
   * can't be read or written, `persistent` with `value-rolled-back` if an older copy of a value was put back and is used.
   */
  onStatus?: (status: StorageStatus, error: VoiceError | null) => void
  /**
   * Milliseconds after which an unanswered read fails. Must be less than the `timeout` of `persistReducer`: after a
   * timeout redux-persist ignores the value and writes its initial state.
   *
   * @default 4000 (redux-persist waits 5000)
   */
  readLimitMs?: number
}

/** A redux-persist storage. Values are strings; with `serialize: false`, anything that JSON can represent. */
export interface EncryptedStorage extends Storage {
  /**
   * Returns the value, or null if there is none. A failed read quarantines the key: later writes to it reject.
   *
   * @throws VoiceAgentError `value-unreadable`, `key-wrong`, `key-unavailable`, `storage-unreachable`
   */
  getItem(key: string): Promise<unknown>
  /**
   * Encrypts the value and writes it; undefined is stored as null. With a `keyProvider`, a value under a plain key is rewritten under a new, wrapped one. A
   * stored value that can't be decrypted is not overwritten.
   *
   * @throws VoiceAgentError `storage-quota`, `storage-write-failed`; for a quarantined key, the error of its read
   * @throws VoiceAgentError `erased` after another tab erased the database, until the page reloads
   * @throws VoiceAgentError `key-wrong`, `key-unavailable`, `value-unreadable`; nothing was written
   * @throws VoiceAgentError `invalid-option` for a value that JSON can't represent, for example a function
   */
  setItem(key: string, value: unknown): Promise<void>
  /** Deletes the encryption key and the value. Works for unreadable values and ends their quarantine. */
  removeItem(key: string): Promise<void>
  /**
   * Rejects writes to this key until it is removed or the page reloads. Call it when code between the storage and your reducer
   * fails, because redux-persist then writes its initial state over the stored value. {@link guard} does it for you.
   */
  quarantine(key: string): void
  /**
   * Returns the configuration with this storage, and quarantines the value when a transform, a migration or `deserialize` throws.
   *
   * @example
   * const storage = createEncryptedStorage()
   * const reducer = persistReducer(storage.guard({ key: 'cart', transforms: [compress], version: 2, migrate }), cartReducer)
   */
  guard<S>(config: Omit<PersistConfig<S>, 'storage'>): PersistConfig<S>
  /**
   * Flushes the persistor whenever the page may be closing (`beforeunload`, `pagehide`, `visibilitychange`), and journals encrypted
   * values in sessionStorage until they are stored. The next page of the tab that reads the value replays its journal.
   *
   * Without this call, a change made in the last milliseconds before a reload is lost.
   *
   * @returns A function that removes the listeners
   * @example
   * const persistor = persistStore(store)
   * storage.flushBeforeUnload(persistor)
   */
  flushBeforeUnload(persistor: Flushable): () => void
}

/**
 * Creates a redux-persist storage that encrypts each value with its own key and saves it in IndexedDB.
 *
 * Unreadable values are never overwritten: after a read that failed or timed out, writes to that key reject until the
 * page reloads. Without IndexedDB or WebCrypto, values stay in memory and `onStatus` receives `memory`.
 *
 * @throws VoiceAgentError `invalid-option`, for example for a `store` without a `keyProvider`
 * @example
 * const reducer = persistReducer({ key: 'cart', storage: createEncryptedStorage() }, cartReducer)
 * const store = configureStore({
 *   reducer: { cart: reducer },
 *   middleware: (getDefault) => getDefault({ serializableCheck: { ignoredActions: [PERSIST, REHYDRATE] } }),
 * })
 * const persistor = persistStore(store)
 */
export function createEncryptedStorage(options: EncryptedStorageOptions = {}): EncryptedStorage {
  const { databaseName = DEFAULT_DATABASE_NAME, readLimitMs = 4_000, onStatus } = options
  checkDatabase(options)
  const report = new StorageStatusReporter()
  if (onStatus) report.listen(onStatus)
  /** JSON of values that can't be stored. */
  const inMemory = new Map<string, BufferSource>()
  const reading = new Set<string>()
  /** Errors that writes to quarantined keys reject with. */
  const quarantined = new Map<string, VoiceAgentError>()
  /** Last queued task of each key: writes of one key run in order. */
  const tails = new Map<string, Promise<void>>()
  /** Values whose write is pending. */
  const unwritten = new Map<string, BufferSource>()
  const leavings = new Set<ReturnType<typeof watchLeaving>>()
  let opening: Promise<ValueRecords | null> | null = null
  let opened: ValueRecords | null = null
  let closeDatabase = () => {}

  function open(): Promise<ValueRecords | null> {
    opening ??= openDatabase(options).then(
      (database) => {
        report.set('persistent')
        closeDatabase = () => database.store.close()
        opened = new ValueRecords(database, databaseName, documentEntries(databaseName, realmName()))
        return opened
      },
      (error: unknown) => {
        report.set('memory', error)
        return null
      },
    )
    return opening
  }

  // Only for this page's own erasure. After another tab's, writes reject with `erased` until reload, because this page has the old state.
  onOwnErasure(databaseName, () => {
    closeDatabase()
    opening = opened = null
    quarantined.clear()
    inMemory.clear()
  })

  async function read(name: string, onWaiting: (isForKey: boolean) => void): Promise<unknown> {
    const records = await open()
    if (!records) return JSON.parse(decoder.decode(inMemory.get(name)) || 'null')
    const found = await records.read(name, onWaiting)
    if (found?.isRolledBack) report.set('persistent', createRolledBackError())
    if (found?.isUnprotected) void enqueue(name, (values) => values.protect(name)).catch(reportWriteError)
    return found?.value ?? null
  }

  function reportWriteError(thrown: unknown): VoiceAgentError {
    const error = asValueError(asWriteError(thrown))
    report.reportWrite(error)
    return error
  }

  /** Runs a task after all earlier tasks of the same key. */
  async function enqueue(
    name: string,
    task: (records: ValueRecords) => Promise<void>,
    inMemoryOnly = () => {},
  ): Promise<void> {
    const records = await open()
    if (!records) return inMemoryOnly()
    const before = tails.get(name)
    const done = before ? before.then(() => task(records)) : task(records)
    tails.set(
      name,
      done.catch(() => {}),
    )
    return done
  }

  /** A value that can't be journalled relies on its write alone. */
  function journal(name: string, json: BufferSource): void {
    opened?.journal(name, json).catch(() => {})
  }

  const quarantine = (name: string) => void quarantined.set(name, new VoiceAgentError('value-unreadable'))

  const storage: EncryptedStorage = {
    async getItem(name) {
      reading.add(name)
      let isWaitingForKey = false
      const timeoutError = () => {
        const detail = `getItem('${name}') got no answer within ${readLimitMs} ms.`
        return isWaitingForKey
          ? new VoiceAgentError('key-unavailable', undefined, { cause: detail })
          : new VoiceAgentError('storage-unreachable', detail)
      }
      const onWaiting = (isForKey: boolean) => {
        isWaitingForKey = isForKey
      }
      try {
        return await withTimeout(readLimitMs, read(name, onWaiting), timeoutError)
      } catch (cause) {
        const error = asValueError(cause)
        quarantined.set(name, error)
        report.set('degraded', error)
        throw error
      } finally {
        reading.delete(name)
      }
    },

    async setItem(name, value) {
      // redux-persist timed out waiting for the read, so this value is its initial state.
      if (reading.has(name)) quarantine(name)
      const reason = quarantined.get(name)
      if (reason) throw reason
      const json = toJson(name, value)
      unwritten.set(name, json)
      if ([...leavings].some((leaving) => leaving.isLeaving())) journal(name, json)
      try {
        await enqueue(
          name,
          (records) => records.write(name, json),
          () => void inMemory.set(name, json),
        )
        if (unwritten.get(name) === json) opened?.clearJournal(name)
        if (report.status === 'degraded' && quarantined.size === 0) report.reportWrite(null)
      } catch (thrown) {
        throw reportWriteError(thrown)
      } finally {
        if (unwritten.get(name) === json) unwritten.delete(name)
      }
    },

    removeItem: (name) =>
      enqueue(
        name,
        async (records) => {
          await records.remove(name)
          quarantined.delete(name)
        },
        () => void inMemory.delete(name),
      ),

    quarantine,
    flushBeforeUnload(persistor) {
      const leaving = watchLeaving(() => {
        persistor.flush().catch(() => {})
        for (const [name, json] of unwritten) journal(name, json)
      })
      leavings.add(leaving)
      return () => {
        leavings.delete(leaving)
        leaving.stop()
      }
    },

    guard: (config) => ({ ...guardConfig(config, quarantine), storage }),
  }
  return storage
}

/** Replaces errors about sessions, because a value is not a conversation. */
function asValueError(thrown: unknown): VoiceAgentError {
  const isOfSession = !(thrown instanceof VoiceAgentError) || thrown.code.startsWith('session-')
  if (!isOfSession) return thrown
  const detail = "The stored value can't be opened. It was left unchanged."
  return new VoiceAgentError('value-unreadable', detail, { cause: thrown })
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Encodes the value immediately, because the app may mutate an object later. */
function toJson(name: string, value: unknown): BufferSource {
  let cause: unknown
  try {
    // localforage stores null for undefined too.
    const json: unknown = JSON.stringify(value ?? null)
    if (typeof json === 'string') return encoder.encode(json)
  } catch (error) {
    cause = error
  }
  const detail = `setItem('${name}') needs a value that JSON can represent; got ${typeof value}.`
  throw new VoiceAgentError('invalid-option', detail, { cause })
}
