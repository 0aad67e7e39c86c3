import { generateRecordKey, UnreadableRecordError } from '../records/cipher.js'
import type { KeyRecord } from '../records/record.js'

export type WrappedKeyRecord = Extract<KeyRecord, { wrapped: ArrayBuffer }>
type KeyHeader = Pick<KeyRecord, 'v' | 'kind' | 'owner' | 'updatedAt'>

const recordKey = { name: 'AES-GCM', length: 256 }

/**
 * Generates a key in two forms: non-extractable for this page, wrapped for the disk.
 *
 * @param wrappingKey AES-GCM or AES-KW (RFC 3394), with the usages `wrapKey` and `unwrapKey`.
 */
export async function wrapRecordKey(header: KeyHeader, wrappingKey: CryptoKey) {
  const record = await wrap(header, await generateRecordKey(true), wrappingKey)
  return { key: await unwrapRecordKey(record, wrappingKey), record }
}

/** Wraps a key with another key-encryption key. Returns the record unchanged if that was done before. */
export async function rewrapRecordKey(
  record: WrappedKeyRecord,
  from: CryptoKey,
  to: CryptoKey,
): Promise<WrappedKeyRecord> {
  try {
    return await wrap(record, await unwrapRecordKey(record, from, true), to)
  } catch (error) {
    await unwrapRecordKey(record, to).catch(() => {
      throw error
    })
    return record
  }
}

async function wrap(
  { v, kind, owner, updatedAt }: KeyHeader,
  key: CryptoKey,
  wrappingKey: CryptoKey,
): Promise<WrappedKeyRecord> {
  const wrapIv =
    wrappingKey.algorithm.name === 'AES-GCM' ? crypto.getRandomValues(new Uint8Array(12)).buffer : null
  const algorithm = wrapAlgorithm({ v, owner }, wrapIv)
  const wrapped = await crypto.subtle.wrapKey('raw', key, wrappingKey, algorithm)
  return { v, kind, owner, updatedAt, wrapped, wrapIv }
}

/** @throws {@link UnreadableRecordError} if the record was wrapped with another key */
export async function unwrapRecordKey(
  record: WrappedKeyRecord,
  wrappingKey: CryptoKey,
  extractable = false,
): Promise<CryptoKey> {
  const algorithm = wrapAlgorithm(record, record.wrapIv)
  try {
    return await crypto.subtle.unwrapKey(
      'raw',
      record.wrapped,
      wrappingKey,
      algorithm,
      recordKey,
      extractable,
      ['encrypt', 'decrypt'],
    )
  } catch (cause) {
    throw new UnreadableRecordError('key', cause)
  }
}

/** Binds an AES-GCM-wrapped key to its owner as additional data, which AES-KW does not have. */
function wrapAlgorithm({ v, owner }: Pick<KeyHeader, 'v' | 'owner'>, wrapIv: ArrayBuffer | null) {
  if (wrapIv === null) return 'AES-KW'
  const additionalData = new TextEncoder().encode(JSON.stringify([v, 'key', owner]))
  return { name: 'AES-GCM', iv: wrapIv, additionalData }
}
