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

export interface EncryptedStorageOptions extends DatabaseOptions {
  /** Told how well values are kept, once it is known and whenever that changes. */
  onStatus?: (status: StorageStatus, error: VoiceError | null) => void
  /**
   * Milliseconds until a read fails that is not answered. Keep it below the `timeout` of `persistReducer`: what
   * redux-persist gave up waiting for must not arrive after all and let its initial state be written.
   *
   * @default 4000, redux-persist's being 5000
   */
  readLimitMs?: number
}

/** A redux-persist storage. Values are strings, or with `serialize: false` anything that JSON can carry. */
export interface EncryptedStorage extends Storage {
  /**
   * Null when there is no such value.
   *
   * @throws VoiceAgentError `session-unreadable`, `key-unavailable`, `storage-unavailable`; from then on writes to this
   * key are refused
   */
  getItem(key: string): Promise<unknown>
  /** @throws VoiceAgentError `storage-quota`, `storage-write-failed`, and whatever reading it failed with */
  setItem(key: string, value: unknown): Promise<void>
  /** Deletes the value, its encryption key first, whether it could be read or not. */
  removeItem(key: string): Promise<void>
  /**
   * Has nothing written to this key until it is removed or the page is loaded again: for a migration that failed, after
   * which redux-persist writes the initial state over what is stored.
   */
  quarantine(key: string): void
}

const recordKey = (name: string) => `${valueOwner(name)}/value`

/** One page at a time changes a value and its key. A browser without Web Locks is trusted to have one tab do so. */
function withLock(lockName: string, task: () => Promise<void>): Promise<void> {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  return locks ? locks.request(lockName, task) : task()
}

/**
 * A redux-persist storage that keeps each value encrypted, with a key of its own, in IndexedDB. What can't be read is not
 * written over: after a failed read, and after one that redux-persist did not wait for, writes to that key are refused
 * for the life of the page. Without IndexedDB or WebCrypto values stay in memory and `onStatus` says so.
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
  /** Keys that are not written to, and why. */
  const quarantined = new Map<string, VoiceAgentError>()
  /** The last write of each key, so that they reach the disk in order. */
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

  async function remove({ store, keys }: Database, name: string): Promise<void> {
    await keys.remove(valueOwner(name))
    await store.removePrefix(`${valueOwner(name)}/`)
    quarantined.delete(name)
  }

  /** Runs after everything that was asked of this key before. */
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
      const late = () =>
        new VoiceAgentError('storage-unavailable', 'What is stored could not be read in time.')
      try {
        return await withTimeout(readLimitMs, read(name), late)
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
      // A write before the read has ended: redux-persist gave up waiting, and this is its initial state.
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
