import type { StoredRecord } from '../records/record.js'
import type { Connection } from './idb-connection.js'
import { type IndexQuery, pairsOf, type RecordStore } from './record-store.js'
import { type RecordDatabase, readIndexPage, STORE } from './transactions.js'

/** Creates a record store on IndexedDB directly, bypassing localforage's methods to use indexes and transactions. */
export function indexedRecordStore(connection: Connection): RecordStore {
  return {
    get: (key) => connection.run(async (db) => (await reading(db).get(key)) ?? null),
    write: (changes, options) => connection.write(changes, options),
    readRange: (lower, upper, take) =>
      connection.run(async (db) => {
        const range = rangeFrom(lower, upper)
        const store = reading(db)
        const [keys, records] = await Promise.all([store.getAllKeys(range, take), store.getAll(range, take)])
        return new Map(keys.map((key, index) => [key, records[index] as StoredRecord]))
      }),
    readRuns: (bounds) =>
      connection.run(async (db) => {
        const store = reading(db)
        return pairsOf(bounds).map(([lower, upper]) => {
          const range = rangeFrom(lower, upper)
          return connection.repeatIfLost(db, store.getAll(range), (fresh) => reading(fresh).getAll(range))
        })
      }),
    readTogether: (keys, { lower, upper, take }) =>
      connection.run(async (db) => {
        const range = rangeFrom(lower, upper)
        const store = reading(db)
        const records = keys.map(
          async (key) =>
            (await connection.repeatIfLost(db, store.get(key), (fresh) => reading(fresh).get(key))) ?? null,
        )
        const readRun = async (from: typeof store) => {
          if (take !== 'last') return from.getAll(range, take)
          const cursor = await from.openCursor(range, 'prev')
          return cursor ? [cursor.value] : []
        }
        const run = connection.repeatIfLost(db, readRun(store), (fresh) => readRun(reading(fresh)))
        return { records, run }
      }),
    readIndex: (name, query) =>
      connection.run(async (db) => {
        const index = reading(db).index(name)
        const range = rangeOf(query)
        const [keys, records] = await Promise.all([index.getAllKeys(range), index.getAll(range)])
        return new Map(keys.map((key, position) => [key, records[position] as StoredRecord]))
      }),
    readIndexPage: (index, query) => connection.run((db) => readIndexPage(db, index, query)),
    readMany: (keys) =>
      connection.run((db) => {
        const store = reading(db)
        return Promise.all(keys.map(async (key) => (await store.get(key)) ?? null))
      }),
    transact: (keys, decide) => connection.transact(keys, decide),
    erase: () => connection.erase(),
    isErased: () => connection.isErased(),
    onErased: (listener) => connection.generation.onOver(listener),
    losses: () => connection.losses,
    database: () => connection.generation.database,
    onLost: (listener) => connection.onLost(listener),
    close: () => connection.close(),
  }
}

/** Begins a transaction. Its requests report an abort, so its own promise must not count as an unhandled rejection. */
function reading(db: RecordDatabase) {
  const { store, done } = db.transaction(STORE)
  done.catch(() => {})
  return store
}

function rangeFrom(lower: string, upper: string): IDBKeyRange {
  return IDBKeyRange.bound(lower, upper, false, true)
}

function rangeOf(query: IndexQuery | undefined): IDBKeyRange | null {
  if (query === undefined) return null
  return 'only' in query ? IDBKeyRange.only(query.only) : IDBKeyRange.upperBound(query.below, true)
}
