import localforage from 'localforage'
import { VoiceAgentError } from '../../../../../store/index.js'
import type { StoredRecord } from '../records/record.js'
import { asOpenError } from '../records/storage-errors.js'
import type { Changes, Durability, RecordIndex } from './idb-connection.js'
import { type IndexQuery, indexedRecordStore, type ReadTogether, type RunQuery } from './idb-record-store.js'
import { defineIndexedDriver, INDEXED_DRIVER, type IndexedMethods } from './indexed-driver.js'
import { plainRecordStore } from './localforage-record-store.js'

/** The database as the engine sees it. */
export interface RecordStore {
  get(key: string): Promise<StoredRecord | null>
  /** All of it or nothing. Issued before this returns when the connection is open. @param durability 'relaxed' by default. */
  write(changes: Changes, durability?: Durability): Promise<void>
  /** Records with `lower <= key < upper`, by their key. */
  readRange(lower: string, upper: string): Promise<Map<string, StoredRecord>>
  /** Records from each bound to before the next, in the order of their keys: asked for at once, each run when it comes. */
  readRuns(bounds: readonly string[]): Promise<Promise<StoredRecord[]>[]>
  /** Records by their keys, and a run of others: in one transaction, asked for at once. */
  readTogether(keys: readonly string[], run: RunQuery): Promise<ReadTogether>
  readIndex(index: RecordIndex, query?: IndexQuery): Promise<StoredRecord[]>
  /** Keys of the records that are in the index, in its order. Loads no record. */
  readIndexKeys(index: RecordIndex, query?: IndexQuery): Promise<string[]>
  removePrefix(prefix: string): Promise<void>
  /** How often the connection was lost. After a loss nothing is known any more of what is stored. */
  losses(): number
  /** Calls as soon as a loss is noticed. */
  onLost(listener: () => void): void
  close(): void
}

/**
 * Opens the database through localforage.
 *
 * @param driver Names of localforage drivers; our own when left out. It is pinned: localforage's silent way to
 * localStorage would put the bytes where nobody expects them.
 * @throws VoiceAgentError `storage-unavailable`
 */
export async function openRecordStore(
  databaseName: string,
  driver: string | string[] = INDEXED_DRIVER,
): Promise<RecordStore> {
  defineIndexedDriver()
  const instance = localforage.createInstance({ name: databaseName, storeName: 'records', driver })
  try {
    await instance.ready()
  } catch (cause) {
    if (driver !== INDEXED_DRIVER) {
      const names = [driver].flat().join(', ')
      const detail = `No localforage driver of this name works here: ${names}. Messages won't survive a reload.`
      throw new VoiceAgentError('storage-unavailable', detail, { cause })
    }
    throw asOpenError(isIndexed(instance) ? instance.connection().openingError : cause)
  }
  return isIndexed(instance) ? indexedRecordStore(instance.connection()) : plainRecordStore(instance)
}

function isIndexed(instance: LocalForage): instance is LocalForage & IndexedMethods {
  return instance.driver() === INDEXED_DRIVER
}
