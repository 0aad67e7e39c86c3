/** Version of the record format. A record with a higher one was written by a newer build and is left alone. */
export const FORMAT_VERSION = 1

/** Clear fields of a session's head: what the catalogue lists and the indexes go by. Nothing that was said. */
export interface HeadHeader {
  v: number
  kind: 'head'
  sessionId: string
  /** The app's `persistence.version` at the time of writing. */
  schema: number
  tabId: string
  createdAt: number
  updatedAt: number
  messageCount: number
  revision: number
  segmentCount: number
}

/** Clear fields of a segment. It carries neither tab nor time, so that those indexes hold heads only. */
export interface SegmentHeader {
  v: number
  kind: 'messages'
  sessionId: string
  seq: number
  schema: number
}

/** Clear fields of a value of `createEncryptedStorage`. */
export interface ValueHeader {
  v: number
  kind: 'value'
  name: string
}

/** Clear fields of the token, which lies in sessionStorage. */
export interface TokenHeader {
  v: number
  kind: 'token'
  persistedSessionId: string
  expiresAt: number
}

export type RecordHeader = HeadHeader | SegmentHeader | ValueHeader | TokenHeader

/** A header and what it stands for, encrypted; the whole header is authenticated with it. */
export type EncryptedRecord<H extends RecordHeader = RecordHeader> = H & {
  iv: ArrayBuffer
  data: ArrayBuffer
}

/** A session's or a value's key: as it is, or wrapped with the app's key-encryption key. */
export type KeyRecord = {
  v: number
  kind: 'key'
  owner: string
  /** When the key was made: what is never written to can be cleaned up by it. */
  updatedAt: number
} & ({ key: CryptoKey } | { wrapped: ArrayBuffer; wrapIv: ArrayBuffer | null })

export type StoredRecord = EncryptedRecord | KeyRecord

/** Who a key belongs to; also the prefix of all records that are sealed with it. */
export const sessionOwner = (sessionId: string) => `session/${encodeURIComponent(sessionId)}`
export const valueOwner = (name: string) => `value/${encodeURIComponent(name)}`

export const keyRecordKey = (owner: string) => `key/${owner}`
export const headKey = (sessionId: string) => `${sessionOwner(sessionId)}/head`
export const segmentsPrefix = (sessionId: string) => `${sessionOwner(sessionId)}/messages/`
/** Padded, so that the order of keys is the order of segments. */
export const segmentKey = (sessionId: string, seq: number) =>
  segmentsPrefix(sessionId) + String(seq).padStart(8, '0')

const encoder = new TextEncoder()

/**
 * What AES-GCM authenticates besides the content: every clear field of the record, so that it opens only as the record
 * it was written as. Moved to another session or position, or with a changed index field, it fails.
 */
export function additionalData(record: RecordHeader | EncryptedRecord): BufferSource {
  const names = Object.keys(record).filter((name) => name !== 'iv' && name !== 'data')
  const clear = names.sort().map((name) => [name, record[name as keyof typeof record]])
  return encoder.encode(JSON.stringify(clear))
}
