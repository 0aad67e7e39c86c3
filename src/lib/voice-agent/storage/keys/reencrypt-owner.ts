import type { RecordStore } from '../database/record-store.js'
import { reencrypt, UnreadableRecordError } from '../records/cipher.js'
import { type EncryptedRecord, keyRecordKey, markKey, type StoredRecord } from '../records/record.js'
import type { HeldKey, NewKey } from './key-wrapping.js'

/**
 * Stores a new key and the owner's records encrypted with it, in one transaction. Records that the old key does not decrypt are not
 * written.
 *
 * @throws {@link UnreadableRecordError} if the old key does not decrypt the head or the value; then it is not the owner's key
 * @throws WriteConflictError if another page changed a record meanwhile
 */
export async function reencryptOwner(store: RecordStore, held: HeldKey, made: NewKey): Promise<NewKey> {
  const { owner } = held.record
  const [records, mark] = await Promise.all([
    store.readRange(`${owner}/`, `${owner}/\uffff`),
    store.get(markKey(owner)),
  ])
  const place = keyRecordKey(owner)
  const expected = new Map<string, StoredRecord | null>([...made.expected, [place, held.record], ...records])
  expected.set(markKey(owner), mark)
  const changes = new Map<string, StoredRecord>([[place, made.record]])

  async function add(key: string, record: StoredRecord): Promise<void> {
    if (!isEncrypted(record)) return
    try {
      changes.set(key, await reencrypt(held.key, made.key, record))
    } catch (error) {
      if (isMain(record) || !(error instanceof UnreadableRecordError)) throw error
    }
  }

  for (const [key, record] of records) await add(key, record)
  if (mark) await add(markKey(owner), mark)
  await store.write(changes, { durability: 'strict', expected })
  return made
}

function isEncrypted(record: StoredRecord): record is EncryptedRecord {
  return record.kind !== 'key' && record.kind !== 'meta'
}

/** The main record proves that a key is the owner's: a planted key does not decrypt it. */
function isMain({ kind }: StoredRecord): boolean {
  return kind === 'head' || kind === 'value'
}
