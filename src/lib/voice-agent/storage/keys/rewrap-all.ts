import { toVoiceError, type VoiceError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { UnreadableRecordError } from '../records/cipher.js'
import { isWrapped, keyRecordKey, type StoredRecord, type WrappedKeyRecord } from '../records/record.js'
import { createKeyCheck, KEY_CHECK, type KeyCheckRecord, openWrappedKey } from './key-check.js'
import type { KeyProvider } from './key-provider.js'
import { parametersOf, unwrapKey, type WrappingKey, wrapKey } from './key-wrapping.js'

/** A provider that opens stored keys, with its proven key. */
export interface Opener {
  provider: KeyProvider
  wrapping: WrappingKey
}

/** Result of rewrapping, per stored key. An owner is `session/<id>` or `value/<name>`, with id and name URI-encoded. */
export interface RewrapResult {
  /** Number of keys that are now wrapped with the new key-encryption key. */
  rewrapped: number
  /** Number of keys that already were. */
  unchanged: number
  /** Keys that no provider can open, for example after a mistyped passphrase. They stay as they are. */
  failed: { owner: string; error: VoiceError }[]
  /** Owners of keys that are stored unwrapped. */
  plain: string[]
}

/**
 * Wraps all keys with another key-encryption key and stores its check record, in one transaction: if a page stores a key
 * meanwhile, nothing is written.
 *
 * @param from Tried in this order.
 * @param check The stored check record.
 * @throws WriteConflictError if a key or the check was changed meanwhile
 */
export async function rewrapAll(
  store: RecordStore,
  from: readonly Opener[],
  to: WrappingKey,
  check: KeyCheckRecord | null,
): Promise<RewrapResult> {
  const expected = new Map<string, StoredRecord | null>([[KEY_CHECK, check]])
  const changes = new Map<string, StoredRecord>([[KEY_CHECK, await createKeyCheck(to)]])
  const result: RewrapResult = { rewrapped: 0, unchanged: 0, failed: [], plain: [] }

  async function rewrap(key: string, record: WrappedKeyRecord): Promise<void> {
    if (key !== keyRecordKey(record.owner)) return
    expected.set(key, record)
    try {
      if (await isWrappedWith(record, to)) {
        result.unchanged++
        return
      }
      changes.set(key, await wrapKey(record, await openWithOneOf(record, from), to))
      result.rewrapped++
    } catch (error) {
      result.failed.push({ owner: record.owner, error: toVoiceError(error, 'session-unreadable') })
    }
  }

  const keys = await store.readRange('key/', 'key/\uffff')
  for (const [key, record] of keys) {
    if (isWrapped(record)) await rewrap(key, record)
    else if (record.kind === 'key') result.plain.push(record.owner)
  }
  await store.write(changes, { durability: 'strict', expected })
  return result
}

async function isWrappedWith(record: WrappedKeyRecord, { key, parameters }: WrappingKey): Promise<boolean> {
  if (parametersOf(record)?.iterations !== parameters?.iterations) return false
  return unwrapKey(record, key).then(
    () => true,
    () => false,
  )
}

async function openWithOneOf(
  record: WrappedKeyRecord,
  [opener, ...others]: readonly Opener[],
): Promise<CryptoKey> {
  if (!opener) throw new UnreadableRecordError('key')
  return openWrappedKey(record, opener.provider, opener.wrapping, true).catch((error: unknown) => {
    if (others.length === 0) throw error
    return openWithOneOf(record, others)
  })
}
