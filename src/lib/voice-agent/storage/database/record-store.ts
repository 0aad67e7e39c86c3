import type { StoredRecord } from '../records/record.js'
import type { Changes, Durability, RecordIndex } from './idb-connection.js'

/** Of the records with `lower <= key < upper` the first so many, or the last one alone. */
export interface RunQuery {
  lower: string
  upper: string
  take: number | 'last'
}

/** Records by their keys, null where there is none; and a run of others, in the order of their keys. Each when it comes. */
export interface ReadTogether {
  records: Promise<StoredRecord | null>[]
  run: Promise<StoredRecord[]>
}

export type IndexQuery = { only: string } | { below: number }

/** The database as the engine sees it. */
export interface RecordStore {
  get(key: string): Promise<StoredRecord | null>
  /** All of it or nothing. Issued before this returns when the connection is open. @param durability 'relaxed' by default. */
  write(changes: Changes, durability?: Durability): Promise<void>
  /** Records with `lower <= key < upper`, by their key. */
  readRange(lower: string, upper: string): Promise<Map<string, StoredRecord>>
  /** Records from each bound to before the next, in the order of their keys: asked for at once, each run when it comes. */
  readRuns(bounds: readonly string[]): Promise<Promise<StoredRecord[]>[]>
  /** Records by their keys, and a run of others: in one transaction, asked for at once. */
  readTogether(keys: readonly string[], run: RunQuery): Promise<ReadTogether>
  readIndex(index: RecordIndex, query?: IndexQuery): Promise<StoredRecord[]>
  /** Keys of the records that are in the index, in its order. Loads no record. */
  readIndexKeys(index: RecordIndex, query?: IndexQuery): Promise<string[]>
  removePrefix(prefix: string): Promise<void>
  /** How often the connection was lost. After a loss nothing is known any more of what is stored. */
  losses(): number
  /** Calls as soon as a loss is noticed. */
  onLost(listener: () => void): void
  close(): void
}

/** Each bound with the next. */
export function pairsOf(bounds: readonly string[]): [lower: string, upper: string][] {
  return bounds.slice(1).map((upper, index) => [bounds[index] as string, upper])
}
