import { expect, test } from 'vitest'
import type { RecordStore, WriteOptions } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { KeyVault } from '../../../src/lib/voice-agent/storage/keys/key-vault.js'
import { keyRecordKey, type StoredRecord } from '../../../src/lib/voice-agent/storage/records/record.js'

const place = keyRecordKey('session/s1')
const keyOf = (updatedAt: number) =>
  ({ v: 2, kind: 'key', owner: 'session/s1', updatedAt }) as unknown as StoredRecord

test.for([
  ['no key', null, true],
  ["the page's own key", keyOf(1), true],
  ['the key of a new session', keyOf(2), false],
] as const)(
  'with %s, records of a deleted session are removed only if that key is still stored',
  async ([, stored, isRemoved]) => {
    const writes: (WriteOptions | undefined)[] = []
    const store = {
      get: async () => stored,
      write: async (_changes: unknown, options?: WriteOptions) => void writes.push(options),
    } as unknown as RecordStore
    await new KeyVault(store, undefined).removeOrphans('session/s1', 1)
    expect(writes.map((options) => options?.expected)).toEqual(isRemoved ? [new Map([[place, stored]])] : [])
  },
)
