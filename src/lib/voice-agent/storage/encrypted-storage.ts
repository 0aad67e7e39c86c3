import type { Storage } from 'redux-persist'
import { type StorageStatus, VoiceAgentError, type VoiceError } from '../../../../store/index.js'
import {
  type Database,
  type DatabaseOptions,
  DEFAULT_DATABASE_NAME,
  openDatabase,
} from './database/open-database.js'
import { withTimeout } from './database/timeout.js'
import { decrypt, encrypt, UnreadableRecordError } from './records/cipher.js'
import { FORMAT_VERSION, type ValueHeader, valueOwner } from './records/record.js'
import { asWriteError } from './records/storage-errors.js'
import { StorageStatusReporter } from './storage-status.js'
import { onOwnErasure } from './tabs/erasures.js'

export interface EncryptedStorageOptions extends DatabaseOptions {
  /** Called with the storage status once it is known and at each change, with the error that caused it. */
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
   * @throws VoiceAgentError `session-unreadable`, `key-unavailable`, `storage-unavailable`
   */
  getItem(key: string): Promise<unknown>
  /**
   * Encrypts the value and writes it.
   *
   * @throws VoiceAgentError `storage-quota`, `storage-write-failed`; `erased` after another tab erased the database, until the page
   * reloads; for a quarantined key, the error of its read
   */
  setItem(key: string, value: unknown): Promise<void>
  /** Deletes the encryption key and the value. Works for unreadable values and ends their quarantine. */
  removeItem(key: string): Promise<void>
  /**
   * Rejects writes to this key until it is removed or the page reloads. Call it when a migration fails, because
   * redux-persist then writes its initial state over the stored value.
   */
  quarantine(key: string): void
}

const recordKey = (name: string) => `${valueOwner(name)}/value`

/** Lets one page at a time change a value and its key. Without Web Locks, two tabs may interleave. */
function withLock(lockName: string, task: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  return locks ? locks.request(lockName, task) : task()
}

/**
 * Creates a redux-persist storage that encrypts each value with a key of its own and saves it in IndexedDB.
 *
 * Unreadable values are never overwritten: after a read that failed or timed out, writes to that key reject until the
 * page reloads. Without IndexedDB or WebCrypto, values stay in memory and `onStatus` receives `memory`.
 *
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
  const report = new StorageStatusReporter()
  if (onStatus) report.listen(onStatus)
  const inMemory = new Map<string, unknown>()
  const reading = new Set<string>()
  /** Errors that writes to quarantined keys reject with. */
  const quarantined = new Map<string, VoiceAgentError>()
  /** Last queued task of each key: writes of one key run in order. */
  const tails = new Map<string, Promise<void>>()
  let opening: Promise<Database | null> | null = null

  function open(): Promise<Database | null> {
    opening ??= openDatabase(options).then(
      (database) => {
        report.set('persistent')
        return database
      },
      (error: unknown) => {
        report.set('memory', error)
        return null
      },
    )
    return opening
  }

  // After an erasure by another tab, writes reject with `erased` until the page reloads: its state is the erased one's.
  onOwnErasure(databaseName, () => {
    void opening?.then((database) => database?.store.close())
    opening = null
    quarantined.clear()
    inMemory.clear()
  })

  async function read(name: string): Promise<unknown> {
    const database = await open()
    if (!database) return inMemory.get(name) ?? null
    const record = await database.store.get(recordKey(name))
    if (record === null) return null
    const held = await database.keys.findCurrent(valueOwner(name))
    if (!held || record.kind !== 'value') throw new UnreadableRecordError('value')
    return decrypt(held.key, record)
  }

  async function write({ store, keys }: Database, name: string, value: unknown): Promise<void> {
    const held = await keys.findCurrent(valueOwner(name))
    if (!held && (await store.get(recordKey(name)))) throw new UnreadableRecordError('key')
    const { key } = held ?? (await keys.create(valueOwner(name)))
    const header: ValueHeader = { v: FORMAT_VERSION, kind: 'value', name }
    await store.write(new Map([[recordKey(name), await encrypt(key, header, value)]]))
  }

  async function remove({ keys }: Database, name: string): Promise<void> {
    await keys.removeWithRecords(valueOwner(name))
    quarantined.delete(name)
  }

  /** Runs a task after all earlier tasks of the same key. */
  function enqueue(
    name: string,
    inMemoryOnly: () => void,
    task: (database: Database) => Promise<void>,
  ): Promise<void> {
    const done = (tails.get(name) ?? Promise.resolve()).then(async () => {
      const database = await open()
      if (!database) return inMemoryOnly()
      await withLock(`redux-voice-agent:${databaseName}:value:${name}`, () => task(database))
    })
    tails.set(
      name,
      done.catch(() => {}),
    )
    return done
  }

  const quarantine = (name: string) => void quarantined.set(name, new VoiceAgentError('session-unreadable'))

  return {
    async getItem(name) {
      reading.add(name)
      const timeoutError = () =>
        new VoiceAgentError(
          'storage-unavailable',
          `getItem('${name}') got no answer within ${readLimitMs} ms.`,
        )
      try {
        return await withTimeout(readLimitMs, read(name), timeoutError)
      } catch (cause) {
        const error =
          cause instanceof VoiceAgentError
            ? cause
            : new VoiceAgentError('session-unreadable', undefined, { cause })
        quarantined.set(name, error)
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
      try {
        await enqueue(
          name,
          () => void inMemory.set(name, value),
          (database) => write(database, name, value),
        )
        if (report.status === 'degraded') report.reportWrite(null)
      } catch (thrown) {
        const error = asWriteError(thrown)
        report.reportWrite(error)
        throw error
      }
    },

    removeItem: (name) =>
      enqueue(
        name,
        () => void inMemory.delete(name),
        (database) => remove(database, name),
      ),

    quarantine,
  }
}
