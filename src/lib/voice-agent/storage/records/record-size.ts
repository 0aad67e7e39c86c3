import type { StoredRecord } from './record.js'

/** Bytes of a record besides its encrypted content: its fields, its key and its entries in the indexes, roughly. */
const OVERHEAD = 300

/** Estimates the bytes that a record takes on disk. */
export function sizeOf(record: StoredRecord | null): number {
  if (record === null) return 0
  return OVERHEAD + ('data' in record && record.data instanceof ArrayBuffer ? record.data.byteLength : 0)
}
