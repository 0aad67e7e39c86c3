import { type DatabaseOptions, openDatabase } from '../database/open-database.js'
import { keyRecordKey, type StoredRecord } from '../records/record.js'
import type { KeyProvider } from './key-provider.js'
import { askForWrappingKey } from './key-provider.js'
import { rewrapRecordKey, type WrappedKeyRecord } from './key-wrapping.js'

/**
 * Wraps all stored keys with another key-encryption key, for when a passphrase or the server's key changes. What the keys
 * seal stays as it is. In one transaction: all of them, or none. Doing it twice changes nothing.
 *
 * Call it before `createVoiceAgent` has the new provider, and with no other tab open: one that is goes on wrapping the keys
 * of new sessions as before.
 *
 * @returns how many keys there are that the new provider opens now. Keys stored without a provider stay as they are.
 * @throws VoiceAgentError `session-unreadable` when neither provider opens one of them, `key-unavailable` when one gives none
 * @example
 * await rewrapKeys(createPassphraseKeyProvider(old, { salt }), createPassphraseKeyProvider(next, { salt }))
 */
export async function rewrapKeys(
  oldProvider: KeyProvider,
  newProvider: KeyProvider,
  options: Omit<DatabaseOptions, 'keyProvider'> = {},
): Promise<number> {
  const { store } = await openDatabase({ ...options, keyProvider: newProvider })
  try {
    const [from, to] = await Promise.all([askForWrappingKey(oldProvider), askForWrappingKey(newProvider)])
    const records = await store.readRange('key/', 'key/\uffff')
    const wrapped = await Promise.all(
      [...records.values()].flatMap((record) =>
        isWrapped(record) ? [rewrapRecordKey(record, from, to)] : [],
      ),
    )
    await store.write(new Map(wrapped.map((record) => [keyRecordKey(record.owner), record])), 'strict')
    return wrapped.length
  } finally {
    store.close()
  }
}

function isWrapped(record: StoredRecord): record is WrappedKeyRecord {
  return record.kind === 'key' && 'wrapped' in record
}
