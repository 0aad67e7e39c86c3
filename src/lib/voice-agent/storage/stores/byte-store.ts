/**
 * Range of keys: those with `lower <= key < upper`, by their character codes. The lower bound is below the upper one.
 */
export interface KeyRange {
  lower: string
  upper: string
}

/** A stored value and its key. */
export interface ByteEntry {
  key: string
  value: Uint8Array
}

/** Selects the entries of a range, in the order of their keys. */
export interface RangeQuery extends KeyRange {
  /** Maximum number of entries. @default all */
  limit?: number
  /** Begins with the last entry, and returns the entries from the last to the first. @default false */
  reverse?: boolean
}

/** A value to store, in the place of an earlier one of this key. */
export interface BytePut extends ByteEntry {
  /** Milliseconds since the epoch, up to `Number.MAX_SAFE_INTEGER`, for {@link ByteStore.readIndex}; null leaves the entry out of the index. */
  updatedAt: number | null
}

/** Changes of one write: all of them take effect at one moment, or none. In this order: `expect`, `remove`, `put`. */
export interface ByteBatch {
  /**
   * Conditions: the key has exactly this value, or none (null). If one of them does not hold, nothing is changed, and the write answers
   * `conflict`.
   */
  expect: readonly { key: string; value: Uint8Array | null }[]
  /** Keys and ranges to delete, with their entries in the index. A key without a value is ignored. */
  remove: readonly (string | KeyRange)[]
  put: readonly BytePut[]
  /** `strict` answers once the disk has the changes; `relaxed`, once they survive the page. */
  durability: 'relaxed' | 'strict'
}

/** Place in the index. */
export interface IndexEntry {
  updatedAt: number
  key: string
}

/** Selects entries of the index, which orders them by `updatedAt`, and equal ones by their keys. */
export interface IndexQuery {
  /** Begins with the newest. @default false */
  reverse?: boolean
  /** Maximum number of entries. */
  limit: number
  /** Leaves out entries with this `updatedAt` or a later one. @default none are left out */
  below?: number
  /** Begins behind this place, which need not exist any longer. @default at the first entry */
  after?: IndexEntry
}

/** Result of {@link ByteStore.read}. */
export interface ByteResult {
  /** Values of the requested keys, in their order; null for a key that has none. */
  values: (Uint8Array | null)[]
  /** Entries of each requested range, in the order of the ranges. */
  ranges: ByteEntry[][]
}

/**
 * A place for encrypted records, below the package's encryption. It needs to know nothing of conversations or keys: keys of entries are
 * printable ASCII of up to 1,000 characters, values are bytes.
 *
 * Each method answers once, by resolving or rejecting. A rejected write has changed nothing or everything. A write that fails because
 * there is no room rejects with an error named `QuotaExceededError`. A read that fails rejects: a missing answer is not null.
 *
 * `storeConformance` from `redux-voice-agent/storage` tests all of this.
 */
export interface ByteStore {
  /** Reads keys and ranges as they are at one moment: a write shows in all of them, or in none. */
  read(query: { keys: readonly string[]; ranges: readonly RangeQuery[] }): Promise<ByteResult>
  /**
   * Changes all that the batch says, or nothing. No other write happens between its conditions and its changes, by any tab or process.
   *
   * @returns `written` once it is stored; `conflict` if a condition does not hold
   */
  write(batch: ByteBatch): Promise<'written' | 'conflict'>
  /** Lists places in the index, without their values. */
  readIndex(query: IndexQuery): Promise<IndexEntry[]>
  /** Frees what the store holds. Operations under way may end or reject. */
  close(): void | Promise<void>
}

/**
 * Opens the store of a database. Called once for each database name: each scope has its own, and `eraseAll()` opens another one beside it.
 *
 * @param databaseName Name of the database. Stores of different names share nothing.
 */
export type OpenByteStore = (databaseName: string) => ByteStore | Promise<ByteStore>
