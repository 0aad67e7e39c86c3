import { VoiceAgentError, type VoiceErrorCode } from '../../../../../store/index.js'
import {
  additionalData,
  type EncryptedRecord,
  FORMAT_VERSION,
  fromBase64,
  type RecordHeader,
  type SyncKeyHeader,
  toBase64,
} from './record.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Names a record that could not be decrypted; never includes its content. */
export class UnreadableRecordError extends VoiceAgentError {
  /** The record's kind, with the number of a segment: `head`, `messages 12`, `key`. */
  readonly record: string

  constructor(record: string, cause?: unknown, detail?: string, code: VoiceErrorCode = 'session-unreadable') {
    const text = `The earlier conversation can't be opened in this tab (record: ${record}). It was left unchanged.`
    super(code, detail ?? text, { cause })
    this.record = record
  }
}

/** Names a record written by a newer build: its format version or its app version is higher than this one's. */
export class NewerRecordError extends UnreadableRecordError {
  constructor(record: string) {
    const detail =
      'The earlier conversation was saved by a newer version of this app. It was left unchanged. Reload to get that version.'
    super(record, undefined, detail, 'session-newer')
  }
}

function nameOf(record: RecordHeader): string {
  return record.kind === 'messages' ? `messages ${record.seq}` : record.kind
}

/** Generates the AES-256-GCM key of one session's or one value's records. Source: NIST SP 800-38D. */
export function generateRecordKey(extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, extractable, ['encrypt', 'decrypt'])
}

/**
 * Creates a random 96-bit IV. NIST SP 800-38D §8.3 allows 2^32 random IVs per key: ten records a second reach that in thirteen years.
 */
export function createIv(): ArrayBuffer {
  return crypto.getRandomValues(new Uint8Array(12)).buffer
}

/** Encrypts `content` as JSON, with {@link encryptBytes}. Its type refuses the header of an earlier version that has a name of its own. */
export function encrypt<H extends RecordHeader>(
  key: CryptoKey,
  header: H & { version?: never },
  content: unknown,
  iv?: ArrayBuffer,
): Promise<EncryptedRecord<H>> {
  return encryptBytes(key, header, encoder.encode(JSON.stringify(content)), iv)
}

/**
 * Encrypts JSON.
 *
 * @param iv Never used before with this key. @default a new one
 */
export async function encryptBytes<H extends RecordHeader>(
  key: CryptoKey,
  header: H,
  json: BufferSource,
  iv = createIv(),
): Promise<EncryptedRecord<H>> {
  const data = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: additionalData(header) },
    key,
    json,
  )
  return { ...header, iv, data }
}

/**
 * Encrypts a record with another key. Keeps its header and its IV, because the IV names the version of a record.
 *
 * AES-GCM forbids reusing an IV only with the same key. IVs that are unique under the old key are unique under the
 * new one.
 *
 * @throws {@link UnreadableRecordError} if the old key does not decrypt the record
 */
export async function reencrypt<H extends RecordHeader>(
  from: CryptoKey,
  to: CryptoKey,
  record: EncryptedRecord<H>,
): Promise<EncryptedRecord<H>> {
  if (record.v > FORMAT_VERSION) throw new NewerRecordError(nameOf(record))
  const { iv, data } = record
  const algorithm = { name: 'AES-GCM', iv, additionalData: additionalData(record) }
  const json = await crypto.subtle.decrypt(algorithm, from, data).catch(() => {
    throw new UnreadableRecordError(nameOf(record))
  })
  return { ...record, data: await crypto.subtle.encrypt(algorithm, to, json) }
}

/**
 * Decrypts a record and returns its content.
 *
 * @throws {@link UnreadableRecordError} if the record was altered, moved or written by a newer build
 */
export async function decrypt(key: CryptoKey, record: EncryptedRecord): Promise<unknown> {
  if (record.v > FORMAT_VERSION) throw new NewerRecordError(nameOf(record))
  try {
    const { iv, data } = record
    const plain = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv, additionalData: additionalData(record) },
      key,
      data,
    )
    return JSON.parse(decoder.decode(plain))
  } catch {
    // No cause, because a JSON error quotes the decrypted text.
    throw new UnreadableRecordError(nameOf(record))
  }
}

/**
 * Encrypts synchronously, with a key of this page that is stored encrypted with the owner's key.
 *
 * WebCrypto responds in a later task, and Firefox runs none after `pagehide`. The owner's key can't be used here, because
 * it is not extractable.
 */
export interface SyncCipher {
  /** The page's key, encrypted with the owner's. */
  encryptedKey: EncryptedRecord<SyncKeyHeader>
  encrypt<H extends RecordHeader>(header: H, json: Uint8Array, iv: ArrayBuffer): EncryptedRecord<H>
}

const importAes = () => import('@noble/ciphers/aes.js')

/** Loads the code of {@link createSyncCipher} ahead of use. Ignores a failure, because the session saves without it. */
export const preloadSyncCipher = (): void => void importAes().catch(() => undefined)

/** Loads the cipher and creates the page's key. */
export async function createSyncCipher(key: CryptoKey, owner: string): Promise<SyncCipher> {
  const { gcm } = await importAes()
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const header: SyncKeyHeader = { v: FORMAT_VERSION, kind: 'sync-key', owner }
  const encryptedKey = await encrypt(key, header, toBase64(raw.buffer))
  return {
    encryptedKey,
    encrypt(plainHeader, json, iv) {
      const aad = additionalData(plainHeader)
      const data = gcm(raw, new Uint8Array(iv), aad).encrypt(json)
      return { ...plainHeader, iv, data: data.slice().buffer }
    },
  }
}

/** Imports the key that another page encrypted with. */
export async function openSyncKey(key: CryptoKey, encryptedKey: EncryptedRecord): Promise<CryptoKey> {
  const raw = fromBase64((await decrypt(key, encryptedKey)) as string)
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
}
