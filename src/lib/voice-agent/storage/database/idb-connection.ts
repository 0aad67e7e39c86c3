import { type DBSchema, type IDBPDatabase, openDB, unwrap } from 'idb'
import type { StoredRecord } from '../records/record.js'

export const STORE = 'records'
/** Version of the database: of its store and indexes. Records have their own, {@link FORMAT_VERSION}. */
const DATABASE_VERSION = 1

export type RecordIndex = 'sessionId' | 'tabId' | 'updatedAt'

/** What one write changes: a record under its key, or null to delete it. */
export type Changes = ReadonlyMap<string, StoredRecord | null>

export type Durability = 'relaxed' | 'strict'

interface RecordSchema extends DBSchema {
  records: {
    key: string
    value: StoredRecord
    indexes: { sessionId: string; tabId: string; updatedAt: number }
  }
}

type RecordDatabase = IDBPDatabase<RecordSchema>

/** The one connection to a database. Browsers close it at will; the next use opens it again. */
export class Connection {
  readonly #name: string
  #db: RecordDatabase | null = null
  #opening: Promise<RecordDatabase> | null = null
  #losses = 0
  #openingError: unknown = null
  #onLost: () => void = () => {}

  constructor(name: string) {
    this.#name = name
  }

  /** How often it was lost. After a loss nothing is known any more of what is stored. */
  get losses(): number {
    return this.#losses
  }

  /** Why it could not be opened the last time that it could not. */
  get openingError(): unknown {
    return this.#openingError
  }

  /** Calls when it is lost, whoever notices first; not when it is closed by {@link close}. */
  onLost(listener: () => void): void {
    this.#onLost = listener
  }

  /** Runs a task that can be repeated: on a connection that turns out to be closed, once more on a new one. */
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
   * All changes in one transaction: put and committed before this returns when the connection is open, because what a
   * leaving page starts later is lost. Not repeated on a lost connection: what changed was worked out from what was
   * stored, and that may be gone.
   */
  async write(changes: Changes, durability: Durability): Promise<void> {
    const db = this.#db ?? (await this.open())
    try {
      await commit(db, changes, durability)
    } catch (error) {
      if (isClosed(error)) this.#lose(db)
      throw error
    }
  }

  async open(): Promise<RecordDatabase> {
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
        // Sparse by nature: a record without the field is not in the index.
        for (const index of ['sessionId', 'tabId', 'updatedAt'] as const) store.createIndex(index, index)
      },
      // A newer build in another tab, or a deletion, waits for this connection: it goes first and comes back later.
      blocking: () => this.#lose(db),
      terminated: () => this.#lose(db),
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

/** With IndexedDB's own requests: a promise for each of them, which nobody waits for, would cost more than they do. */
function commit(db: RecordDatabase, changes: Changes, durability: Durability): Promise<void> {
  const transaction = unwrap(db).transaction(STORE, 'readwrite', { durability })
  const store = transaction.objectStore(STORE)
  try {
    for (const [key, record] of changes) {
      if (record === null) store.delete(key)
      else store.put(record, key)
    }
    transaction.commit()
  } catch (error) {
    transaction.abort()
    throw error
  }
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}
