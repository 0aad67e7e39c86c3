import { deleteDB } from 'idb'
import localforage from 'localforage'
import { type Changes, Connection, type Durability, type RecordIndex, STORE } from './connection.js'
import type { StoredRecord } from './record.js'

export const INDEXED_DRIVER = 'reduxVoiceAgentIndexed'

/** Each bound with the next. */
export function pairsOf(bounds: readonly string[]): [lower: string, upper: string][] {
  return bounds.slice(1).map((upper, index) => [bounds[index] as string, upper])
}

/** Of the records with `lower <= key < upper` the first so many, or the last one alone. */
export interface RunQuery {
  lower: string
  upper: string
  take: number | 'last'
}

/** Records by their keys, null where there is none; and a run of others, in the order of their keys. Each when it comes. */
export interface ReadTogether {
  records: Promise<StoredRecord | null>[]
  run: Promise<StoredRecord[]>
}

export type IndexQuery = { only: string } | { below: number }

/** What our driver can do besides localforage's methods; localforage copies it to the instance. */
export interface IndexedMethods {
  /**
   * All changes in one transaction, put and committed before this returns when the connection is open. Tells whether the
   * `expected` record was there too.
   */
  writeBatch(changes: Changes, durability?: Durability, expected?: string): Promise<boolean>
  /** Records with `lower <= key < upper`, by their key. */
  readRange(lower: string, upper: string): Promise<Map<string, StoredRecord>>
  /** Records from each bound to before the next, all asked for in one transaction. */
  readRuns(bounds: readonly string[]): Promise<Promise<StoredRecord[]>[]>
  /** All in one transaction, asked for at once. */
  readTogether(keys: readonly string[], run: RunQuery): Promise<ReadTogether>
  readIndex(index: RecordIndex, query?: IndexQuery): Promise<StoredRecord[]>
  /** Their keys alone, in the index's order. */
  readIndexKeys(index: RecordIndex, query?: IndexQuery): Promise<string[]>
  removePrefix(prefix: string): Promise<void>
  connectionLosses(): number
  onConnectionLost(listener: () => void): void
  /** Why the database could not be opened: localforage itself says only that it could not. */
  openingError(): unknown
  closeConnection(): void
}

interface Instance {
  _dbInfo: Connection
}

type Callback<T> = ((error: unknown, value: T) => void) | undefined

/** localforage's methods answer by promise and, when one is given, by callback as well. */
function answer<T>(result: Promise<T>, callback: Callback<T>): Promise<T> {
  if (callback) {
    const failed = callback as (error: unknown) => void
    result.then((value) => callback(null, value), failed)
  }
  return result
}

/** localforage waits for `_initStorage`, though its types don't say so. */
type Driver = Omit<LocalForageDriver, '_initStorage'> &
  IndexedMethods & { _initStorage(options: LocalForageOptions): Promise<void> }

const driver: Driver & ThisType<Instance> = {
  _driver: INDEXED_DRIVER,
  // Whether IndexedDB is there is found out by opening it, not at import.
  _support: true,

  async _initStorage(options: LocalForageOptions) {
    this._dbInfo = new Connection(options.name ?? 'redux-voice-agent')
    await this._dbInfo.open()
  },

  getItem<T>(key: string, callback?: Callback<T | null>) {
    const value = this._dbInfo.run(async (db) => ((await db.get(STORE, key)) ?? null) as T | null)
    return answer(value, callback)
  },

  setItem<T>(key: string, value: T, callback?: Callback<T>) {
    const written = this._dbInfo.write(new Map([[key, value as StoredRecord]]), 'relaxed')
    return answer<T>(
      written.then(() => value),
      callback,
    )
  },

  removeItem(key: string, callback?: Callback<void>) {
    return answer(
      this._dbInfo.run((db) => db.delete(STORE, key)),
      callback,
    )
  },

  clear(callback?: Callback<void>) {
    return answer(
      this._dbInfo.run((db) => db.clear(STORE)),
      callback,
    )
  },

  length(callback?: Callback<number>) {
    return answer(
      this._dbInfo.run((db) => db.count(STORE)),
      callback,
    )
  },

  key(position: number, callback?: Callback<string>) {
    // localforage's own drivers give null past the end, whatever its types say.
    const key = this._dbInfo.run(async (db) => ((await db.getAllKeys(STORE))[position] ?? null) as string)
    return answer(key, callback)
  },

  keys(callback?: Callback<string[]>) {
    return answer(
      this._dbInfo.run((db) => db.getAllKeys(STORE)),
      callback,
    )
  },

  iterate<T, U>(visit: (value: T, key: string, position: number) => U, callback?: Callback<U>) {
    const result = this._dbInfo.run(async (db) => {
      let position = 1
      for await (const { key, value } of db.transaction(STORE).store) {
        const found = visit(value as T, key, position++)
        if (found !== undefined) return found
      }
      return undefined as U
    })
    return answer(result, callback)
  },

  async dropInstance(options?: LocalForageDbInstanceOptions) {
    this._dbInfo.close()
    if (options?.name) await deleteDB(options.name)
  },

  writeBatch(changes, durability = 'relaxed', expected) {
    return this._dbInfo.write(changes, durability, expected)
  },

  readRange(lower, upper) {
    const range = IDBKeyRange.bound(lower, upper, false, true)
    return this._dbInfo.run(async (db) => {
      const { store } = db.transaction(STORE)
      const [keys, records] = await Promise.all([store.getAllKeys(range), store.getAll(range)])
      return new Map(keys.map((key, index) => [key, records[index] as StoredRecord]))
    })
  },

  readRuns(bounds) {
    return this._dbInfo.run(async (db) => {
      const { store } = db.transaction(STORE)
      return pairsOf(bounds).map(([lower, upper]) =>
        store.getAll(IDBKeyRange.bound(lower, upper, false, true)),
      )
    })
  },

  readTogether(keys, { lower, upper, take }) {
    const range = IDBKeyRange.bound(lower, upper, false, true)
    return this._dbInfo.run(async (db) => {
      const { store } = db.transaction(STORE)
      const records = keys.map(async (key) => (await store.get(key)) ?? null)
      const run =
        take === 'last'
          ? store.openCursor(range, 'prev').then((cursor) => (cursor ? [cursor.value] : []))
          : store.getAll(range, take)
      return { records, run }
    })
  },

  readIndex(index, query) {
    return this._dbInfo.run((db) => db.getAllFromIndex(STORE, index, rangeOf(query)))
  },

  readIndexKeys(index, query) {
    return this._dbInfo.run((db) => db.getAllKeysFromIndex(STORE, index, rangeOf(query)))
  },

  removePrefix(prefix) {
    return this._dbInfo.run((db) => db.delete(STORE, IDBKeyRange.bound(prefix, `${prefix}\uffff`)))
  },

  connectionLosses() {
    return this._dbInfo.losses
  },

  onConnectionLost(listener) {
    this._dbInfo.onLost(listener)
  },

  openingError() {
    return this._dbInfo.openingError
  },

  closeConnection() {
    this._dbInfo.close()
  },
}

function rangeOf(query: IndexQuery | undefined): IDBKeyRange | null {
  if (query === undefined) return null
  return 'only' in query ? IDBKeyRange.only(query.only) : IDBKeyRange.upperBound(query.below, true)
}

/**
 * Makes the driver known to localforage. Both calls act at once, so that two engines can't define it twice, and nothing
 * happens at import.
 */
export function defineIndexedDriver(): void {
  if (!localforage.supports(INDEXED_DRIVER)) void localforage.defineDriver(driver)
}
