/** Version of the record format. Records with a higher version come from a newer build and are not changed. */
export const FORMAT_VERSION = 1

/** Unencrypted fields of a session's head, for listing and indexes. They hold nothing of the conversation. */
export interface HeadHeader {
  v: number
  kind: 'head'
  sessionId: string
  /** Value of the app's `persistence.version` when the head was written. */
  schema: number
  tabId: string
  createdAt: number
  updatedAt: number
  messageCount: number
  revision: number
  segmentCount: number
}

/** Unencrypted fields of a segment. Tab and time are left out, so that their indexes hold only heads. */
export interface SegmentHeader {
  v: number
  kind: 'messages'
  sessionId: string
  seq: number
  schema: number
}

/** Unencrypted fields of a value of `createEncryptedStorage`. */
export interface ValueHeader {
  v: number
  kind: 'value'
  name: string
}

/** Unencrypted fields of the token in sessionStorage. */
export interface TokenHeader {
  v: number
  kind: 'token'
  persistedSessionId: string
  expiresAt: number
}

export type RecordHeader = HeadHeader | SegmentHeader | ValueHeader | TokenHeader

/** A header and its encrypted content. AES-GCM authenticates the whole header. */
export type EncryptedRecord<H extends RecordHeader = RecordHeader> = H & {
  iv: ArrayBuffer
  data: ArrayBuffer
}

/** Key of a session or a value: plain, or wrapped with the app's key-encryption key. */
export type KeyRecord = {
  v: number
  kind: 'key'
  owner: string
  /** Creation time in milliseconds since the epoch. Cleanup finds sessions without records by it. */
  updatedAt: number
} & ({ key: CryptoKey } | { wrapped: ArrayBuffer; wrapIv: ArrayBuffer | null })

/** A place in an index: the field's value, and the record's key, which orders equal values. */
export interface IndexPosition {
  value: number
  key: string
}

/** Proof that sessions are old: they are deleted only if two pages, at least a day apart, found them so. */
export interface ExpiryRecord {
  v: number
  kind: 'meta'
  name: 'expiry'
  /** Clock of the last page that looked, in milliseconds since the epoch. */
  lastSeen: number
  /** Latest time that the clock has shown. Above `lastSeen` after the clock was set back. */
  highest: number
  /** Milliseconds since the clock jumped, or since the database was new. */
  sinceJump: number
  /** First sighting; null if the next page makes it. `from`: the sweep continues behind it. */
  mark: { at: number; before: number; page: string; from: IndexPosition | null } | null
}

/** Marks a session that a page could not open: it is not deleted by age. */
export interface KeptRecord {
  v: number
  kind: 'meta'
  name: 'kept'
}

/** Unencrypted records about the database. None has a field of an index. */
export type MetaRecord = ExpiryRecord | KeptRecord

export type StoredRecord = EncryptedRecord | KeyRecord | MetaRecord

/** Owner of a key, which is also the prefix of all records that the key encrypts. */
export const sessionOwner = (sessionId: string) => `session/${encodeURIComponent(sessionId)}`
export const valueOwner = (name: string) => `value/${encodeURIComponent(name)}`

export const keyRecordKey = (owner: string) => `key/${owner}`
export const keptKey = (owner: string) => `kept/${owner}`
export const expiryKey = 'meta/expiry'
export const headKey = (sessionId: string) => `${sessionOwner(sessionId)}/head`
export const segmentsPrefix = (sessionId: string) => `${sessionOwner(sessionId)}/messages/`
/** Pads the number, so that keys sort in the order of segments. */
export const segmentKey = (sessionId: string, seq: number) =>
  segmentsPrefix(sessionId) + String(seq).padStart(8, '0')

const encoder = new TextEncoder()

/**
 * Returns every unencrypted field of a record as additional data for AES-GCM. Decryption fails if the record was moved to
 * another session or position, or if a field changed.
 */
export function additionalData(record: RecordHeader | EncryptedRecord): BufferSource {
  const names = Object.keys(record).filter((name) => name !== 'iv' && name !== 'data')
  const unencrypted = names.sort().map((name) => [name, record[name as keyof typeof record]])
  return encoder.encode(JSON.stringify(unencrypted))
}
