import type { IndexPosition, StoredRecord } from '../records/record.js'
import type { Changes, Decide, IndexPageQuery, RecordIndex, WriteOptions } from './transactions.js'

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
  /** Reads the records between each two neighbouring bounds, in the order of their keys. All reads start together. */
  readRuns(bounds: readonly string[]): Promise<Promise<StoredRecord[]>[]>
  /** Reads records by key and a run of others in one transaction. */
  readTogether(keys: readonly string[], run: RunQuery): Promise<ReadTogether>
  /** Reads the records of an index in its order, by key. */
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
  /** Sets the listener that is called once when an erasure is noticed, by any operation. */
  onErased(listener: () => void): void
  /** Number of lost connections. After a loss the stored data is unknown. */
  losses(): number
  /** Number of the database that is open: another one after a loss with which the browser has deleted it, or may have. */
  database(): number
  /** Sets the listener that is called when a loss is noticed. */
  onLost(listener: () => void): void
  close(): void
}

/** Pairs each bound with the next one. */
export function pairsOf(bounds: readonly string[]): [lower: string, upper: string][] {
  return bounds.slice(1).map((upper, index) => [bounds[index] as string, upper])
}
