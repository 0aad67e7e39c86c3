/**
 * Range of keys with `lower <= key < upper`, compared by character codes. The lower bound is below the upper one.
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

/** Selects the entries of a range, in key order. */
export interface RangeQuery extends KeyRange {
  /** Maximum number of entries. @default all */
  limit?: number
  /** Returns the entries from the last to the first. @default false */
  reverse?: boolean
}

/** A value to store, which replaces an earlier one under this key. */
export interface BytePut extends ByteEntry {
  /** Milliseconds since the epoch, up to `Number.MAX_SAFE_INTEGER`, for {@link ByteStore.readIndex}; null leaves the entry out of the index. */
  updatedAt: number | null
}

/** Changes of one write, applied atomically in this order: `expect`, `remove`, `put`. */
export interface ByteBatch {
  /**
   * Conditions: the key has exactly this value, or none (null). If one does not hold, nothing is changed, and the write returns
   * `conflict`.
   */
  expect: readonly { key: string; value: Uint8Array | null }[]
  /** Keys and ranges to delete, with their index entries. A key without a value is ignored. */
  remove: readonly (string | KeyRange)[]
  put: readonly BytePut[]
  /** `strict` resolves once the changes are on disk; `relaxed`, once they survive the page. */
  durability: 'relaxed' | 'strict'
}

/** Position in the index. */
export interface IndexEntry {
  /** Milliseconds since the epoch. */
  updatedAt: number
  key: string
}

/** Selects entries of the index, which is ordered by `updatedAt`, then by key. */
export interface IndexQuery {
  /** Starts with the newest. @default false */
  reverse?: boolean
  /** Maximum number of entries. */
  limit: number
  /** Excludes entries with this `updatedAt` or a later one. @default no limit */
  below?: number
  /** Starts after this position, which may no longer exist. @default starts at the first entry */
  after?: IndexEntry
}

/** Result of {@link ByteStore.read}. */
export interface ByteResult {
  /** Values of the requested keys, in the same order; null for a key without one. */
  values: (Uint8Array | null)[]
  /** Entries of each requested range, in the order of the ranges. */
  ranges: ByteEntry[][]
}

/**
 * Stores encrypted records, below the package's encryption. It needs no knowledge of conversations or encryption keys: entry keys are
 * printable ASCII of up to 1,000 characters, values are bytes.
 *
 * Each method settles once. A rejected write has changed either nothing or everything. A write that fails because
 * there is no room rejects with an error named `QuotaExceededError`. A failed read must reject, not resolve with null.
 *
 * `storeConformance` from `redux-voice-agent/storage` tests all of this.
 */
export interface ByteStore {
  /** Reads keys and ranges from one snapshot: a write shows in all of them or in none. */
  read(query: { keys: readonly string[]; ranges: readonly RangeQuery[] }): Promise<ByteResult>
  /**
   * Applies the whole batch or nothing. No write by any tab or process may happen between its conditions and its changes.
   *
   * @returns `written` once it is stored; `conflict` if a condition does not hold
   */
  write(batch: ByteBatch): Promise<'written' | 'conflict'>
  /** Lists index positions, without values. */
  readIndex(query: IndexQuery): Promise<IndexEntry[]>
  /** Frees the store's resources. Pending operations may resolve or reject. */
  close(): void | Promise<void>
}

/**
 * Opens the store of a database. Called once per database name, which is different for each scope. `eraseAll()` opens a second store beside it.
 *
 * @param databaseName Name of the database. Stores with different names share nothing.
 */
export type OpenByteStore = (databaseName: string) => ByteStore | Promise<ByteStore>
