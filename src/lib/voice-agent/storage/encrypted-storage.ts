import type { Storage } from 'redux-persist'
import { type StorageStatus, VoiceAgentError, type VoiceError } from '../../../../store/index.js'
import { seal, UnreadableRecordError, unseal } from './cipher.js'
import { type Database, type DatabaseOptions, openDatabase } from './database.js'
import { FORMAT_VERSION, type ValueHeader, valueOwner } from './record.js'
import { asWriteError, StatusReport } from './storage-status.js'

export interface EncryptedStorageOptions extends DatabaseOptions {
  /** Told how well values are kept, once it is known and whenever that changes. */
  onStatus?: (status: StorageStatus, error: VoiceError | null) => void
}

/** A redux-persist storage. Values are strings, or with `serialize: false` anything that JSON can carry. */
export interface EncryptedStorage extends Storage {
  getItem(key: string): Promise<unknown>
  setItem(key: string, value: unknown): Promise<void>
  removeItem(key: string): Promise<void>
}

const recordKey = (name: string) => `${valueOwner(name)}/value`

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
  const report = new StatusReport()
  if (options.onStatus) report.listen(options.onStatus)
  const inMemory = new Map<string, unknown>()
  const reading = new Set<string>()
  const refused = new Set<string>()
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
    const held = await database.keys.find(valueOwner(name))
    if (!held || record.kind !== 'value') throw new UnreadableRecordError('value')
    return unseal(held.key, record)
  }

  async function write(name: string, value: unknown): Promise<void> {
    const database = await open()
    if (!database) return void inMemory.set(name, value)
    const { store, keys } = database
    const held = await keys.find(valueOwner(name))
    if (!held && (await store.get(recordKey(name)))) throw new UnreadableRecordError('key')
    const { key } = held ?? (await keys.create(valueOwner(name)))
    const header: ValueHeader = { v: FORMAT_VERSION, kind: 'value', name }
    await store.write(new Map([[recordKey(name), await seal(key, header, value)]]))
  }

  async function remove(name: string): Promise<void> {
    inMemory.delete(name)
    const database = await open()
    if (!database) return
    await database.keys.remove(valueOwner(name))
    await database.store.removePrefix(`${valueOwner(name)}/`)
    refused.delete(name)
  }

  /** Runs after everything that was asked of this key before. */
  function inTurn(name: string, task: () => Promise<void>): Promise<void> {
    const done = (tails.get(name) ?? Promise.resolve()).then(task)
    tails.set(
      name,
      done.catch(() => {}),
    )
    return done
  }

  return {
    async getItem(name) {
      reading.add(name)
      try {
        return await read(name)
      } catch (cause) {
        refused.add(name)
        throw cause instanceof VoiceAgentError
          ? cause
          : new VoiceAgentError('session-unreadable', undefined, { cause })
      } finally {
        reading.delete(name)
      }
    },

    setItem(name, value) {
      // A write before the read has ended: redux-persist gave up waiting, and this is its initial state.
      if (reading.has(name)) refused.add(name)
      if (refused.has(name)) return Promise.reject(new VoiceAgentError('session-unreadable'))
      return inTurn(name, async () => {
        try {
          await write(name, value)
          if (report.status === 'degraded') report.wrote(null)
        } catch (thrown) {
          const error = asWriteError(thrown)
          report.wrote(error)
          throw error
        }
      })
    },

    removeItem: (name) => inTurn(name, () => remove(name)),
  }
}
