import type { StoredRecord } from '../records/record.js'
import { type Connection, readIndexPage, STORE } from './idb-connection.js'
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
    readIndex: (name, query) =>
      connection.run(async (db) => {
        const index = db.transaction(STORE).store.index(name)
        const range = rangeOf(query)
        const [keys, records] = await Promise.all([index.getAllKeys(range), index.getAll(range)])
        return new Map(keys.map((key, position) => [key, records[position] as StoredRecord]))
      }),
    readIndexPage: (index, query) => connection.run((db) => readIndexPage(db, index, query)),
    readMany: (keys) =>
      connection.run((db) => {
        const { store } = db.transaction(STORE)
        return Promise.all(keys.map(async (key) => (await store.get(key)) ?? null))
      }),
    transact: (keys, decide) => connection.transact(keys, decide),
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
