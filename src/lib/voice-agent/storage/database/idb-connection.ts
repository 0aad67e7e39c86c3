import { openDB } from 'idb'
import { withTimeout } from '../../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { BIRTH_KEY, ERASED_KEY, type ErasedRecord, type StoredRecord } from '../records/record.js'
import { createErasedError, Generation, idOfGeneration, recordOfBirth } from './generation.js'
import {
  type Changes,
  createClosedError,
  type Decide,
  type IndexQuery,
  pairsOf,
  type RecordStore,
  type WriteOptions,
} from './record-store.js'
import {
  commit,
  eraseRecords,
  type RecordDatabase,
  type RecordSchema,
  readAndWrite,
  readIndexPage,
  STORE,
} from './transactions.js'

/** Version of the object store and its indexes. Records have a version of their own, {@link FORMAT_VERSION}. */
const DATABASE_VERSION = 1

/** Milliseconds until opening or a read fails. Another page of the origin can lock the object store indefinitely. */
const ANSWER_LIMIT_MS = 10_000
/** Milliseconds until a write counts as failed. It may still take effect, but before all later ones. */
const WRITE_LIMIT_MS = 30_000

/** Errors about the request or its record, which a new connection can't cure. */
const INCURABLE = [
  'ConstraintError',
  'DataCloneError',
  'DataError',
  'InvalidAccessError',
  'NotReadableError',
  'QuotaExceededError',
  'ReadOnlyError',
  'SyntaxError',
  'VersionError',
]

/** True for an error that a new connection can cure, such as WebKit's `UnknownError` after its storage process ended. */
const isCurable = (error: unknown) =>
  (error instanceof DOMException && !INCURABLE.includes(error.name)) || isUnanswered(error)

/** True for a timeout of this module. The request is not retried, because that would take just as long again. */
const isUnanswered = (error: unknown) => error instanceof VoiceAgentError

const unansweredRead = () =>
  new VoiceAgentError('storage-unreachable', "The browser's storage did not answer in time.")
const unansweredWrite = () =>
  new VoiceAgentError(
    'storage-write-failed',
    "The browser's storage did not answer in time. Saving is retried.",
  )

/** Holds the only connection to a database. If it fails, the next use replaces it. */
export class Connection {
  readonly #name: string
  #db: RecordDatabase | null = null
  #opening: Promise<RecordDatabase> | null = null
  #losses = 0
  #isClosed = false
  #openingError: unknown = null
  #onLost: () => void = () => {}
  /** Generation of this connection's database. After an erasure, the connection reads and writes nothing. */
  readonly generation = new Generation()

  constructor(name: string) {
    this.#name = name
  }

  /** Number of lost connections. After a loss the stored data is unknown. */
  get losses(): number {
    return this.#losses
  }

  /** Error of the last failed attempt to open. */
  get openingError(): unknown {
    return this.#openingError
  }

  /** Sets the listener for lost connections. Calling {@link close} doesn't count. */
  onLost(listener: () => void): void {
    this.#onLost = listener
  }

  /**
   * Runs an idempotent task. If the connection fails, runs it again on a new one.
   *
   * @throws VoiceAgentError `storage-unreachable` if there is no response within 10 s
   */
  async run<T>(task: (db: RecordDatabase) => Promise<T>): Promise<T> {
    const db = this.#db ?? (await this.#reopen())
    // A task may throw synchronously.
    const running = (async () => task(db))()
    return this.repeatIfLost(db, running, task)
  }

  /** Awaits a task that runs on `db`. If the connection fails, runs `again` on a new one. */
  async repeatIfLost<T>(
    db: RecordDatabase,
    running: Promise<T>,
    again: (db: RecordDatabase) => Promise<T>,
  ): Promise<T> {
    try {
      return await withTimeout(ANSWER_LIMIT_MS, running, unansweredRead)
    } catch (error) {
      if (!isCurable(error)) throw error
      this.#lose(db)
      if (isUnanswered(error)) throw error
      return withTimeout(ANSWER_LIMIT_MS, again(await this.#reopen()), unansweredRead)
    }
  }

  /**
   * Writes all changes in one transaction. If the connection is open, the transaction is committed before this returns:
   * a page that is closing loses writes that it starts later.
   *
   * Repeats only deletions on a new connection. Records were computed against stored data that may be gone, so the loss is reported
   * and the session writes everything again.
   *
   * @throws VoiceAgentError `storage-write-failed` if there is no response within 30 s
   */
  async write(changes: Changes, options: WriteOptions = {}): Promise<void> {
    const db = this.#db ?? (await this.#reopen())
    const { tombstone } = this.generation
    options.check?.()
    try {
      await withTimeout(WRITE_LIMIT_MS, commit(db, changes, options, tombstone), unansweredWrite)
    } catch (error) {
      if (!isCurable(error)) throw this.#toErased(error)
      this.#lose(db)
      const isDeletion = [...changes.values()].every((record) => record === null)
      if (isUnanswered(error) || !isDeletion || options.expected?.size || options.absent?.length) throw error
      const again = commit(await this.#reopen(), changes, options, this.generation.tombstone)
      await withTimeout(WRITE_LIMIT_MS, again, unansweredWrite)
    }
  }

  /**
   * Deletes all records in one transaction, flushed to the disk, and ends the generation of every page that has the database open.
   * Resolves with the id of the generation that ended.
   */
  async erase(): Promise<string> {
    for (;;) {
      const ended = await this.run(async (db) => idOfGeneration(await getErased(db, ERASED_KEY)))
      try {
        await withTimeout(WRITE_LIMIT_MS, eraseRecords(await this.#reopen(), ended), unansweredWrite)
        this.#endGeneration()
        return ended
      } catch (error) {
        // Another page has erased it meanwhile and may have written since, so erase again.
        if (!isNamed(error, 'ConstraintError')) throw error
      }
    }
  }

  /** Resolves to true if another page has erased the database since this one opened it. */
  isErased(): Promise<boolean> {
    const verify = (db: RecordDatabase) => this.generation.verify((key) => getErased(db, key))
    return this.generation.isOverAfter(() => this.run(verify))
  }

  /** Reads records and writes the changes that `decide` computes, in one transaction. */
  transact(keys: readonly string[], decide: Decide): Promise<void> {
    return this.run((db) =>
      readAndWrite(db, keys, decide, this.generation.tombstone).catch((error: unknown) => {
        throw this.#toErased(error)
      }),
    )
  }

  /** Has no time limit: the first caller sets its own. */
  async open(): Promise<RecordDatabase> {
    this.generation.assertCurrent()
    if (this.#isClosed) throw createClosedError()
    if (this.#db) return this.#db
    this.#opening ??= this.#connect()
      // A browser that closes a connection may also abort opening the next one.
      .catch((error: unknown) =>
        isCurable(error) && !this.#isClosed ? this.#connect() : Promise.reject(error),
      )
      .catch((error: unknown) => {
        this.#openingError = error
        throw error
      })
      .finally(() => {
        this.#opening = null
      })
    return this.#opening
  }

  /** Reopens the database. The next request uses a connection that opens too late for this one. */
  #reopen(): Promise<RecordDatabase> {
    return withTimeout(ANSWER_LIMIT_MS, this.open(), unansweredRead)
  }

  /** Closes the connection for good. Reopened, it could write after an agent's end, and would stay open. */
  close(): void {
    this.#isClosed = true
    this.#onLost = () => {}
    if (this.#db) this.#lose(this.#db)
  }

  /** A `ConstraintError` can only come from adding the tombstone of this page's generation. */
  #toErased(error: unknown): unknown {
    return isNamed(error, 'ConstraintError') ? this.#endGeneration() : error
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
        void store.put(recordOfBirth(), BIRTH_KEY)
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
    if (this.#isClosed) {
      db.close()
      throw createClosedError()
    }
    this.#db = db
    return db
  }
}

const isNamed = (error: unknown, name: string) => error instanceof DOMException && error.name === name

const getErased = async (db: RecordDatabase, key: string) =>
  ((await db.get(STORE, key)) ?? null) as ErasedRecord | null

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

/** Begins a transaction. Its requests already report an abort, so `done` must not cause an unhandled rejection. */
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
