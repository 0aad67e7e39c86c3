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
        return pairsOf(bounds).map(([lower, upper]) => {
          const range = rangeFrom(lower, upper)
          return connection.repeatIfLost(db, store.getAll(range), (fresh) => fresh.getAll(STORE, range))
        })
      }),
    readTogether: (keys, { lower, upper, take }) =>
      connection.run(async (db) => {
        const range = rangeFrom(lower, upper)
        const { store } = db.transaction(STORE)
        const records = keys.map(
          async (key) =>
            (await connection.repeatIfLost(db, store.get(key), (fresh) => fresh.get(STORE, key))) ?? null,
        )
        const readRun = async (from: typeof store) => {
          if (take !== 'last') return from.getAll(range, take)
          const cursor = await from.openCursor(range, 'prev')
          return cursor ? [cursor.value] : []
        }
        const run = connection.repeatIfLost(db, readRun(store), (fresh) =>
          readRun(fresh.transaction(STORE).store),
        )
        return { records, run }
      }),
    readIndex: (index, query) => connection.run((db) => db.getAllFromIndex(STORE, index, rangeOf(query))),
    readIndexKeys: (index, query) =>
      connection.run((db) => db.getAllKeysFromIndex(STORE, index, rangeOf(query))),
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
