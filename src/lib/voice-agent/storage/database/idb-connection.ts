import { type DBSchema, type IDBPDatabase, openDB, unwrap } from 'idb'
import {
  type ErasedRecord,
  erasedKey,
  type StoredRecord,
  tombstoneKey,
  tombstonesPrefix,
} from '../records/record.js'
import { assertExpected } from './expected-records.js'
import { createErasedError, Generation, idOfGeneration, recordsOfErasure } from './generation.js'

export const STORE = 'records'
/** Version of the object store and its indexes. Records have a version of their own, {@link FORMAT_VERSION}. */
const DATABASE_VERSION = 1

export type RecordIndex = 'sessionId' | 'tabId' | 'updatedAt'

/** Changes of one write: each key with its new record, or with null to delete it. */
export type Changes = ReadonlyMap<string, StoredRecord | null>

export interface WriteOptions {
  /** `strict` resolves once the operating system has flushed the write to the disk. @default 'relaxed' */
  durability?: 'relaxed' | 'strict'
  /** Deletes all records whose keys begin with one of these, before the changes and in the same transaction. @default [] */
  removePrefixes?: readonly string[]
  /**
   * Records that the changes were computed from; null for a missing one. If another page changed one of them, nothing is
   * written and the write rejects with `WriteConflictError`. @default none: writes unconditionally
   */
  expected?: Changes
}

interface RecordSchema extends DBSchema {
  records: {
    key: string
    value: StoredRecord
    indexes: { sessionId: string; tabId: string; updatedAt: number }
  }
}

type RecordDatabase = IDBPDatabase<RecordSchema>

/** Holds the only connection to a database. If the browser closes it, the next use reopens it. */
export class Connection {
  readonly #name: string
  #db: RecordDatabase | null = null
  #opening: Promise<RecordDatabase> | null = null
  #losses = 0
  #openingError: unknown = null
  #onLost: () => void = () => {}
  /** Life of the database that this connection belongs to. After an erasure it reads and writes nothing. */
  readonly generation = new Generation()

  constructor(name: string) {
    this.#name = name
  }

  /** Number of lost connections. After a loss the stored data is unknown. */
  get losses(): number {
    return this.#losses
  }

  /** Error of the last failed opening. */
  get openingError(): unknown {
    return this.#openingError
  }

  /** Sets the listener for lost connections. Calling {@link close} is no loss. */
  onLost(listener: () => void): void {
    this.#onLost = listener
  }

  /** Runs an idempotent task. If the connection turns out to be closed, runs it again on a new one. */
  async run<T>(task: (db: RecordDatabase) => Promise<T>): Promise<T> {
    const db = this.#db ?? (await this.open())
    try {
      return await task(db)
    } catch (error) {
      if (!isClosed(error)) throw error
      this.#lose(db)
      return task(await this.open())
    }
  }

  /**
   * Writes all changes in one transaction. If the connection is open, the transaction is committed before this returns:
   * a page that is closing loses writes that it starts later.
   *
   * Never retried on a lost connection: the changes were computed against stored data that may be gone.
   */
  async write(changes: Changes, options: WriteOptions = {}): Promise<void> {
    const db = this.#db ?? (await this.open())
    try {
      await commit(db, changes, options, this.generation.tombstone)
    } catch (error) {
      if (isClosed(error)) this.#lose(db)
      throw isNamed(error, 'ConstraintError') ? this.#endGeneration() : error
    }
  }

  /**
   * Deletes all records in one transaction, flushed to the disk, and ends the generation of every page that has the database open.
   * Resolves with the id of the generation that ended.
   */
  async erase(): Promise<string> {
    for (;;) {
      const ended = await this.run(async (db) => idOfGeneration(await getErased(db, erasedKey)))
      try {
        await eraseRecords(await this.open(), ended)
        this.#endGeneration()
        return ended
      } catch (error) {
        // Another page erased it meanwhile, and may have written since.
        if (!isNamed(error, 'ConstraintError')) throw error
      }
    }
  }

  /** Resolves to true if another page has erased the database since this one opened it. */
  async isErased(): Promise<boolean> {
    try {
      await this.run((db) => this.generation.verify((key) => getErased(db, key)))
    } catch (error) {
      if (!this.generation.isOver) throw error
    }
    return this.generation.isOver
  }

  async open(): Promise<RecordDatabase> {
    this.generation.assertCurrent()
    if (this.#db) return this.#db
    this.#opening ??= this.#connect()
      // A browser that closes a connection may abort the opening of the next one with it.
      .catch((error: unknown) => (isNamed(error, 'AbortError') ? this.#connect() : Promise.reject(error)))
      .catch((error: unknown) => {
        this.#openingError = error
        throw error
      })
      .finally(() => {
        this.#opening = null
      })
    return this.#opening
  }

  close(): void {
    this.#onLost = () => {}
    if (this.#db) this.#lose(this.#db)
  }

  #endGeneration(): Error {
    this.generation.end()
    this.close()
    return createErasedError()
  }

  #lose(db: RecordDatabase): void {
    db.close()
    if (this.#db !== db) return
    this.#db = null
    this.#losses++
    this.#onLost()
  }

  async #connect(): Promise<RecordDatabase> {
    const db: RecordDatabase = await openDB<RecordSchema>(this.#name, DATABASE_VERSION, {
      upgrade(created) {
        const store = created.createObjectStore(STORE)
        // IndexedDB leaves records without the field out of an index.
        for (const index of ['sessionId', 'tabId', 'updatedAt'] as const) store.createIndex(index, index)
      },
      // A newer build in another tab, or a deletion, waits for this connection to close. The next use reopens it.
      blocking: () => this.#lose(db),
      terminated: () => this.#lose(db),
    })
    await this.generation
      .verify((key) => getErased(db, key))
      .catch((error: unknown) => {
        db.close()
        throw error
      })
    this.#db = db
    return db
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}

function isClosed(error: unknown): boolean {
  return isNamed(error, 'InvalidStateError')
}

const getErased = async (db: RecordDatabase, key: string) =>
  ((await db.get(STORE, key)) ?? null) as ErasedRecord | null

/** Deletes everything but the tombstones. Fails if the generation has a tombstone already. */
function eraseRecords(db: RecordDatabase, ended: string): Promise<void> {
  const { tombstone, begun } = recordsOfErasure(ended)
  const transaction = unwrap(db).transaction(STORE, 'readwrite', { durability: 'strict' })
  const store = transaction.objectStore(STORE)
  store.add(tombstone, tombstoneKey(ended))
  store.delete(IDBKeyRange.upperBound(tombstonesPrefix, true))
  store.delete(IDBKeyRange.lowerBound(`${tombstonesPrefix}\uffff`, true))
  store.put(begun, erasedKey)
  transaction.commit()
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}

/** Uses raw IndexedDB requests, because idb creates a promise for each one, which costs more than the request. */
function commit(
  db: RecordDatabase,
  changes: Changes,
  { durability = 'relaxed', removePrefixes = [], expected = new Map() }: WriteOptions,
  tombstone: string | null,
): Promise<void> {
  const transaction = unwrap(db).transaction(STORE, 'readwrite', { durability })
  const store = transaction.objectStore(STORE)
  const apply = () => {
    // Fails if the database was erased meanwhile, which aborts the transaction. Reading first would delay its commit.
    if (tombstone !== null) {
      store.add({ kind: 'meta' }, tombstone)
      store.delete(tombstone)
    }
    for (const prefix of removePrefixes) store.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`))
    for (const [key, record] of changes) {
      if (record === null) store.delete(key)
      else store.put(record, key)
    }
    transaction.commit()
  }
  let reason: unknown = null
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
    transaction.onabort = () => reject(reason ?? transaction.error)
  })
}
