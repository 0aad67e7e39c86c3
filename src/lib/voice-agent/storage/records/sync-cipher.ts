import { decrypt, encrypt } from './cipher.js'
import {
  additionalData,
  type EncryptedRecord,
  FORMAT_VERSION,
  fromBase64,
  type RecordHeader,
  type SyncKeyHeader,
  toBase64,
} from './record.js'

/**
 * Encrypts in the caller's task, with a key of this page that is stored encrypted with its owner's key.
 *
 * WebCrypto answers in a later task, and Firefox runs none once `pagehide` has come. The owner's key can't be used here, because
 * it is not extractable.
 */
export interface SyncCipher {
  /** The page's key, encrypted with the owner's. */
  sealedKey: EncryptedRecord<SyncKeyHeader>
  encrypt<H extends RecordHeader>(header: H, json: Uint8Array, iv: ArrayBuffer): EncryptedRecord<H>
}

/** Loads the cipher and makes the page's key. */
export async function createSyncCipher(key: CryptoKey, owner: string): Promise<SyncCipher> {
  const { gcm } = await import('@noble/ciphers/aes.js')
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const header: SyncKeyHeader = { v: FORMAT_VERSION, kind: 'sync-key', owner }
  const sealedKey = await encrypt(key, header, toBase64(raw.buffer))
  return {
    sealedKey,
    encrypt(plainHeader, json, iv) {
      const aad = additionalData(plainHeader)
      const data = gcm(raw, new Uint8Array(iv), aad).encrypt(json)
      return { ...plainHeader, iv, data: data.slice().buffer }
    },
  }
}

/** Imports the key with which another page encrypted. */
export async function openSyncKey(key: CryptoKey, sealedKey: EncryptedRecord): Promise<CryptoKey> {
  const raw = fromBase64((await decrypt(key, sealedKey)) as string)
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
}
