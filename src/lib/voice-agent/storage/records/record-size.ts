import type { StoredRecord } from './record.js'

/** Bytes of a record besides its encrypted content: its fields, its key and its entries in the indexes, roughly. */
const OVERHEAD = 300

/** Estimates the bytes that a record takes on disk. */
export function sizeOf(record: StoredRecord | null): number {
  if (record === null) return 0
  return OVERHEAD + ('data' in record && record.data instanceof ArrayBuffer ? record.data.byteLength : 0)
}

/** Estimates the bytes that a write needs. A record that it replaces is not subtracted: it takes its place until the write is done. */
export function neededBytes(changes: ReadonlyMap<string, StoredRecord | null>): number {
  let bytes = 0
  for (const record of changes.values()) bytes += sizeOf(record)
  return bytes
}
