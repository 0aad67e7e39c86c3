import { type DBSchema, type IDBPDatabase, unwrap } from 'idb'
import {
  ERASED_KEY,
  type IndexPosition,
  type StoredRecord,
  TOMBSTONES_PREFIX,
  tombstoneKey,
} from '../records/record.js'
import { recordsOfErasure } from './generation.js'
import {
  assertExpected,
  type Changes,
  comparePositions,
  createConflictError,
  type Decide,
  type IndexPageQuery,
  type WriteOptions,
} from './record-store.js'

export const STORE = 'records'

export interface RecordSchema extends DBSchema {
  records: {
    key: string
    value: StoredRecord
    indexes: { sessionId: string; tabId: string; updatedAt: number }
  }
}

export type RecordDatabase = IDBPDatabase<RecordSchema>

/**
 * Requests the changes of a transaction. Adding the tombstone aborts it if the database was erased meanwhile: reading it first would delay the
 * commit. Pure deletions skip the tombstone, because they must not need space on a full disk.
 */
function request(store: IDBObjectStore, changes: Changes, tombstone: string | null): void {
  if (tombstone !== null && [...changes.values()].some((record) => record !== null)) {
    store.add({ kind: 'meta' }, tombstone)
    store.delete(tombstone)
  }
  for (const [key, record] of changes) {
    if (record === null) store.delete(key)
    else store.put(record, key)
  }
}

/** Deletes everything but the tombstones. Fails if the generation already has one. */
export function eraseRecords(db: RecordDatabase, ended: string): Promise<void> {
  const { tombstone, begun } = recordsOfErasure(ended)
  const transaction = unwrap(db).transaction(STORE, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(STORE)
  store.add(tombstone, tombstoneKey(ended))
  store.delete(IDBKeyRange.upperBound(TOMBSTONES_PREFIX, true))
  store.delete(IDBKeyRange.lowerBound(`${TOMBSTONES_PREFIX}\uffff`, true))
  store.put(begun, ERASED_KEY)
  transaction.commit()
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}

/** Uses raw IndexedDB requests, because idb creates a promise for each one, which costs more than the request. */
export async function commit(
  db: RecordDatabase,
  changes: Changes,
  { durability = 'relaxed', removePrefixes = [], expected = new Map(), absent = [] }: WriteOptions,
  tombstone: string | null,
): Promise<void> {
  const transaction = unwrap(db).transaction(STORE, 'readwrite', { durability })
  const store = transaction.objectStore(STORE)
  let reason: unknown = null
  const apply = () => {
    for (const key of absent) {
      // Adding fails, and aborts the transaction, if the record exists.
      store.add({ kind: 'meta' }, key).onerror = () => {
        reason = createConflictError()
      }
      store.delete(key)
    }
    for (const prefix of removePrefixes) store.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`))
    request(store, changes, tombstone)
    transaction.commit()
  }
  const attempt = (task: () => void) => {
    try {
      task()
    } catch (error) {
      reason = error
      transaction.abort()
    }
  }
  let unchecked = expected.size
  for (const [key, record] of expected) {
    const request = store.get(key) as IDBRequest<StoredRecord | undefined>
    request.onsuccess = () =>
      attempt(() => {
        assertExpected(record, request.result ?? null)
        if (--unchecked === 0) apply()
      })
  }
  if (unchecked === 0) attempt(apply)
  if (reason !== null) throw reason
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    // If the browser closed the connection, there is no error.
    transaction.onabort = () => reject(reason ?? transaction.error ?? new DOMException('', 'AbortError'))
  })
}

export function readAndWrite(
  db: RecordDatabase,
  keys: readonly string[],
  decide: Decide,
  tombstone: string | null,
): Promise<void> {
  const transaction = unwrap(db).transaction(STORE, 'readwrite')
  const store = transaction.objectStore(STORE)
  const records: (StoredRecord | null)[] = []
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
    for (const key of keys) {
      const reading = store.get(key) as IDBRequest<StoredRecord | undefined>
      reading.onsuccess = () => {
        records.push(reading.result ?? null)
        if (records.length < keys.length) return
        try {
          request(store, decide(records), tombstone)
        } catch (error) {
          reject(error)
          transaction.abort()
        }
      }
    }
  })
}

/** Walks an index with a key cursor, which loads no records and can resume among entries with the same value. */
export function readIndexPage(
  db: RecordDatabase,
  name: 'updatedAt',
  { direction, limit, below, after }: IndexPageQuery,
): Promise<IndexPosition[]> {
  const isForward = direction === 'next'
  // Numbers only: this package stores no strings or dates in this field.
  const lowest = (isForward && after?.value) || Number.NEGATIVE_INFINITY
  const highest = Math.min(
    below ?? Number.POSITIVE_INFINITY,
    (!isForward && after?.value) || Number.POSITIVE_INFINITY,
  )
  const isOpen = below !== undefined && highest === below
  if (limit < 1 || lowest > highest || (isOpen && lowest === highest)) return Promise.resolve([])
  const index = unwrap(db).transaction(STORE).objectStore(STORE).index(name)
  const request = index.openKeyCursor(IDBKeyRange.bound(lowest, highest, false, isOpen), direction)
  const found: IndexPosition[] = []
  let isBehind = !after
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const cursor = request.result
      if (!cursor) return resolve(found)
      const position = { value: Number(cursor.key), key: String(cursor.primaryKey) }
      if (!isBehind && after) {
        const order = comparePositions(position, after) * (isForward ? 1 : -1)
        if (order < 0) return cursor.continuePrimaryKey(after.value, after.key)
        isBehind = true
        if (order === 0) return cursor.continue()
      }
      found.push(position)
      if (found.length === limit) resolve(found)
      else cursor.continue()
    }
  })
}
