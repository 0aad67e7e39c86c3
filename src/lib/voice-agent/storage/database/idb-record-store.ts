import type { StoredRecord } from '../records/record.js'
import { type Connection, STORE } from './idb-connection.js'
import { type IndexQuery, pairsOf, type RecordStore } from './record-store.js'

/** Creates a record store on IndexedDB directly, bypassing localforage's methods to use indexes and transactions. */
export function indexedRecordStore(connection: Connection): RecordStore {
  return {
    get: (key) => connection.run(async (db) => (await db.get(STORE, key)) ?? null),
    write: (changes, options) => connection.write(changes, options),
    readRange: (lower, upper) =>
      connection.run(async (db) => {
        const range = rangeFrom(lower, upper)
        const { store } = db.transaction(STORE)
        const [keys, records] = await Promise.all([store.getAllKeys(range), store.getAll(range)])
        return new Map(keys.map((key, index) => [key, records[index] as StoredRecord]))
      }),
    readRuns: (bounds) =>
      connection.run(async (db) => {
        const { store } = db.transaction(STORE)
        return pairsOf(bounds).map(([lower, upper]) => store.getAll(rangeFrom(lower, upper)))
      }),
    readTogether: (keys, { lower, upper, take }) =>
      connection.run(async (db) => {
        const range = rangeFrom(lower, upper)
        const { store } = db.transaction(STORE)
        const records = keys.map(async (key) => (await store.get(key)) ?? null)
        const run =
          take === 'last'
            ? store.openCursor(range, 'prev').then((cursor) => (cursor ? [cursor.value] : []))
            : store.getAll(range, take)
        return { records, run }
      }),
    readIndex: (index, query) => connection.run((db) => db.getAllFromIndex(STORE, index, rangeOf(query))),
    readIndexKeys: (index, query) =>
      connection.run((db) => db.getAllKeysFromIndex(STORE, index, rangeOf(query))),
    erase: () => connection.erase(),
    isErased: () => connection.isErased(),
    onErased: (listener) => connection.generation.onOver(listener),
    losses: () => connection.losses,
    onLost: (listener) => connection.onLost(listener),
    close: () => connection.close(),
  }
}

function rangeFrom(lower: string, upper: string): IDBKeyRange {
  return IDBKeyRange.bound(lower, upper, false, true)
}

function rangeOf(query: IndexQuery | undefined): IDBKeyRange | null {
  if (query === undefined) return null
  return 'only' in query ? IDBKeyRange.only(query.only) : IDBKeyRange.upperBound(query.below, true)
}
