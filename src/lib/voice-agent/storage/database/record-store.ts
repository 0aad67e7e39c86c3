import { VoiceAgentError } from '../../../../../store/index.js'
import type { IndexPosition, StoredRecord } from '../records/record.js'

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
  /**
   * Keys of records that must not exist. If one does, nothing is written and the write rejects with `WriteConflictError`. Costs less than
   * `expected`: nothing is read before the changes are requested. @default none
   */
  absent?: readonly string[]
  /**
   * Called in the task that issues the write, which may have to wait for a connection. If it throws, nothing is written, and the write
   * rejects with that error. @default none
   */
  check?: () => void
}

/** Selects a page of an index. */
export interface IndexPageQuery {
  direction: 'next' | 'prev'
  /** Maximum number of entries. */
  limit: number
  /** Excludes entries with this value or a higher one. @default no limit */
  below?: number
  /** Starts after this entry. @default starts at the first entry in the direction */
  after?: IndexPosition | null
}

/** Computes the changes of a transaction from the records that it read: null for a missing one. */
export type Decide = (records: (StoredRecord | null)[]) => Changes

/** Selects, among records with `lower <= key < upper`, the first `take`, or only the last one. */
export interface RunQuery {
  lower: string
  upper: string
  take: number | 'last'
}

/** Results of one transaction, each settling when its read ends. */
export interface ReadTogether {
  /** Records in the order of the requested keys, null for a missing one. */
  records: Promise<StoredRecord | null>[]
  /** Records of the query in the order of their keys. */
  run: Promise<StoredRecord[]>
}

/** Selects the entries of an index with one value, or below a time. */
export type IndexQuery = { only: string } | { below: number }

/** The database operations that the storage engine needs. */
export interface RecordStore {
  get(key: string): Promise<StoredRecord | null>
  /**
   * Writes all changes or none. If the connection is open, the write is issued before this returns.
   */
  write(changes: Changes, options?: WriteOptions): Promise<void>
  /** Reads records with `lower <= key < upper`, by key: the first `take`. @param take @default all */
  readRange(lower: string, upper: string, take?: number): Promise<Map<string, StoredRecord>>
  /** Reads the records between each pair of adjacent bounds, in key order. All reads start together. */
  readRuns(bounds: readonly string[]): Promise<Promise<StoredRecord[]>[]>
  /** Reads records by key, and a range of others, in one transaction. */
  readTogether(keys: readonly string[], run: RunQuery): Promise<ReadTogether>
  /** Reads the records of an index in index order. Returns them by key. */
  readIndex(index: RecordIndex, query?: IndexQuery): Promise<Map<string, StoredRecord>>
  /** Lists a bounded number of entries of an index, without loading records. */
  readIndexPage(index: 'updatedAt', query: IndexPageQuery): Promise<IndexPosition[]>
  /** Reads records by key in one transaction, null for a missing one. */
  readMany(keys: readonly string[]): Promise<(StoredRecord | null)[]>
  /** Reads at least one record and writes what `decide` computes from them, in one transaction. */
  transact(keys: readonly string[], decide: Decide): Promise<void>
  /**
   * Deletes all records of this package, in every generation, and resolves once that is flushed to the disk. From then on this store and
   * those of other pages reject with `erased`. Resolves with the id of the generation that ended.
   */
  erase(): Promise<string>
  /** Resolves to true if another page has erased the database since this store was opened. */
  isErased(): Promise<boolean>
  /** Sets the listener that is called once when any operation detects an erasure. */
  onErased(listener: () => void): void
  /** Number of lost connections. After a loss the stored data is unknown. */
  losses(): number
  /** Number of the open database. Changes with a lost connection if the browser has deleted the database, or may have. */
  database(): number
  /** Sets the listener for lost connections. */
  onLost(listener: () => void): void
  /** Closes the store for good: it rejects later writes, and later reads if they need its connection. */
  close(): void
}

/** Pairs each bound with the next one. */
export function pairsOf(bounds: readonly string[]): [lower: string, upper: string][] {
  return bounds.slice(1).map((upper, index) => [bounds[index] as string, upper])
}

/** Orders positions as IndexedDB does. */
export function comparePositions(a: IndexPosition, b: IndexPosition): number {
  return a.value - b.value || (a.key < b.key ? -1 : Number(a.key > b.key))
}

export const createClosedError = () => new VoiceAgentError('storage-unavailable', 'The store is closed.')

/** Rejects a write whose expected records have changed. Nothing was written: read again and retry. */
class WriteConflictError extends Error {
  override readonly name = 'WriteConflictError'
}

/** Compares the name, because each copy of the package in a page has its own class. */
export const isWriteConflict = (error: unknown) =>
  error instanceof Error && error.name === 'WriteConflictError'

export const createConflictError = () => new WriteConflictError('A record was changed meanwhile.')

/** Fields that differ in each version of a record: an IV, a wrapped key or the creation time of a plain key. */
const versionFields = ['kind', 'iv', 'wrapped', 'check', 'updatedAt'] as const

/** Returns text that differs for each version of a record, to compare two reads. Empty for a missing record. */
export function fingerprintOf(record: StoredRecord | null): string {
  if (record === null) return ''
  const fields = record as Partial<Record<(typeof versionFields)[number], unknown>>
  return versionFields
    .map((name) => fields[name])
    .map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value).toString() : String(value)))
    .join(' ')
}

/** @throws {@link WriteConflictError} if a stored record is not the expected version */
export function assertExpected(expected: StoredRecord | null, stored: StoredRecord | null): void {
  if (fingerprintOf(expected) !== fingerprintOf(stored)) throw createConflictError()
}
