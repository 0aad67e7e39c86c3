import { type DatabaseOptions, openDatabase } from '../database/open-database.js'
import { keyRecordKey } from '../records/record.js'
import type { KeyProvider } from './key-provider.js'
import { askForWrappingKey } from './key-provider.js'
import { rewrapRecordKey, type WrappedKeyRecord } from './key-wrapping.js'

/**
 * Wraps all stored keys with another key-encryption key, when a passphrase or the server's key changes. The encrypted data
 * is not touched. One transaction writes all keys or none; a second call changes nothing.
 *
 * Call it before you pass the new provider to `createVoiceAgent`, and with no other tab open. Other tabs would keep wrapping
 * the keys of new sessions with the old one.
 *
 * @returns Number of keys that the new provider unwraps now. Keys stored without a provider are not changed or counted.
 * @throws VoiceAgentError `session-unreadable` if neither provider unwraps a key, `key-unavailable` if a provider fails
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
    await store.write(new Map(wrapped.map((record) => [keyRecordKey(record.owner), record])), {
      durability: 'strict',
    })
    return wrapped.length
  } finally {
    store.close()
  }
}

/** Any code of the origin may have stored something else under a key's name. */
function isWrapped(record: unknown): record is WrappedKeyRecord {
  const { kind, owner, wrapped } = (record ?? {}) as Partial<WrappedKeyRecord>
  return kind === 'key' && typeof owner === 'string' && wrapped instanceof ArrayBuffer
}
