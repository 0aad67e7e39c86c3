import type { KeyProtection } from '../../../../../store/index.js'
import type { Changes } from '../database/record-store.js'
import { generateRecordKey, UnreadableRecordError } from '../records/cipher.js'
import type { KdfParameters, KeyRecord, WrappedKeyRecord } from '../records/record.js'
import { MAX_ITERATIONS } from './passphrase-key.js'

type KeyHeader = Pick<KeyRecord, 'v' | 'kind' | 'owner' | 'updatedAt'>

/** A usable key with its record. */
export interface HeldKey {
  key: CryptoKey
  /** The stored record, for writing it again if the browser empties the database while the page is open. */
  record: KeyRecord
  protection: KeyProtection
}

/** A key that is not stored yet. */
export interface NewKey extends HeldKey {
  /** Pass as `expected` with the write of the record: another page may change the key-encryption key meanwhile. */
  expected: Changes
}

/** A key-encryption key, with the parameters that derive it from a passphrase. */
export interface WrappingKey {
  key: CryptoKey
  /** Null for a key that is not derived, or whose provider hides them. */
  parameters: KdfParameters | null
}

const recordKey = { name: 'AES-GCM', length: 256 }

/** Generates a key in two forms: non-extractable for this page, wrapped for the disk. It is extractable only in between. */
export async function generateWrappedKey(header: KeyHeader, wrapping: WrappingKey) {
  const record = await wrapKey(header, await generateRecordKey(true), wrapping)
  return { key: await unwrapKey(record, wrapping.key), record }
}

/** Wraps an extractable key for the disk. */
export async function wrapKey(
  { v, kind, owner, updatedAt }: KeyHeader,
  key: CryptoKey,
  { key: wrappingKey, parameters }: WrappingKey,
): Promise<WrappedKeyRecord> {
  const wrapIv = createWrapIv(wrappingKey)
  const algorithm = wrapAlgorithm([v, 'key', owner], wrapIv)
  const wrapped = await crypto.subtle.wrapKey('raw', key, wrappingKey, algorithm)
  return { v, kind, owner, updatedAt, wrapped, wrapIv, ...parameters }
}

/** @throws {@link UnreadableRecordError} if the record was wrapped with another key */
export function unwrapKey(
  { v, owner, wrapped, wrapIv }: WrappedKeyRecord,
  wrappingKey: CryptoKey,
  extractable = false,
): Promise<CryptoKey> {
  return unwrapBytes(wrapped, wrappingKey, wrapAlgorithm([v, 'key', owner], wrapIv), extractable)
}

export async function unwrapBytes(
  wrapped: ArrayBuffer,
  wrappingKey: CryptoKey,
  algorithm: ReturnType<typeof wrapAlgorithm>,
  extractable = false,
): Promise<CryptoKey> {
  const usages: KeyUsage[] = ['encrypt', 'decrypt']
  try {
    return await crypto.subtle.unwrapKey(
      'raw',
      wrapped,
      wrappingKey,
      algorithm,
      recordKey,
      extractable,
      usages,
    )
  } catch (cause) {
    throw new UnreadableRecordError('key', cause)
  }
}

export function createWrapIv(wrappingKey: CryptoKey): ArrayBuffer | null {
  return wrappingKey.algorithm.name === 'AES-GCM' ? crypto.getRandomValues(new Uint8Array(12)).buffer : null
}

/** Binds an AES-GCM-wrapped key to its place as additional data, which AES-KW does not have. */
export function wrapAlgorithm(place: readonly unknown[], wrapIv: ArrayBuffer | null) {
  if (wrapIv === null) return 'AES-KW'
  const additionalData = new TextEncoder().encode(JSON.stringify(place))
  return { name: 'AES-GCM', iv: wrapIv, additionalData }
}

/** Returns the stored parameters of a key; null if there are none. @throws {@link UnreadableRecordError} for invalid ones */
export function parametersOf({ kdf, iterations, salt }: Partial<KdfParameters>): KdfParameters | null {
  if (kdf === undefined) return null
  const isPossible =
    kdf === 'PBKDF2-HMAC-SHA-256' &&
    salt instanceof ArrayBuffer &&
    Number.isInteger(iterations) &&
    iterations !== undefined &&
    iterations > 0 &&
    iterations <= MAX_ITERATIONS
  if (!isPossible) throw new UnreadableRecordError('key')
  return { kdf, iterations, salt }
}
