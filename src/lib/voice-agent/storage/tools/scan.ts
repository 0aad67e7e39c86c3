import type { RecordStore } from '../database/record-store.js'
import type { StoredRecord } from '../records/record.js'

/** Number of records in memory at a time. */
const RECORDS_PER_READ = 64

/** Reads all records whose keys begin with `prefix`, in key order and in blocks. */
export async function* scan(
  store: RecordStore,
  prefix: string,
): AsyncGenerator<readonly [key: string, record: StoredRecord]> {
  let from = prefix
  for (;;) {
    const records = await store.readRange(from, `${prefix}\uffff`, RECORDS_PER_READ)
    yield* records
    const last = [...records.keys()].at(-1)
    if (last === undefined) return
    // The next possible key.
    from = `${last}\0`
  }
}
