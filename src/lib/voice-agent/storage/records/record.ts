/**
 * Version of the record format. Records with a higher version come from a newer build and are not changed.
 *
 * - 1: a head and its segments.
 * - 2: the head holds the version of each segment, and the heads that it descends from.
 */
export const FORMAT_VERSION = 2

/** Unencrypted fields of a session's head, for listing and indexes. They contain nothing from the conversation. */
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
  /** Session that this is a recovered copy of. The copy's messages were never merged into it. */
  recoveredFrom?: string
  /** Name of this version, if it is not the IV. A version from a backup gets another IV here, but keeps its name on all devices. */
  version?: string
}

/** Unencrypted fields of a segment. Omits tab and time, so that their indexes hold only heads. */
export interface SegmentHeader {
  v: number
  kind: 'messages'
  sessionId: string
  seq: number
  schema: number
  /** Revision of the save that wrote it. Absent in format 1. */
  revision?: number
}

/** Unencrypted fields of a record that holds the versions of a block of segments. */
export interface VersionsHeader {
  v: number
  kind: 'versions'
  sessionId: string
  block: number
}

/** Unencrypted fields of the record of the highest revision stored under a key. */
export interface MarkHeader {
  v: number
  kind: 'mark'
  owner: string
}

/** Unencrypted fields of a page's key for {@link SyncCipher}, in a journal. */
export interface SyncKeyHeader {
  v: number
  kind: 'sync-key'
  owner: string
}

/** Unencrypted fields of a value of `createEncryptedStorage`. */
export interface ValueHeader {
  v: number
  kind: 'value'
  name: string
  /** Number of the write, from 1. Absent in records of earlier builds. */
  revision?: number
}

/** Unencrypted fields of the token in sessionStorage. */
export interface TokenHeader {
  v: number
  kind: 'token'
  persistedSessionId: string
  expiresAt: number
}

export type RecordHeader =
  | HeadHeader
  | SegmentHeader
  | VersionsHeader
  | MarkHeader
  | SyncKeyHeader
  | ValueHeader
  | TokenHeader

/** A header and its encrypted content. AES-GCM authenticates the whole header. */
export type EncryptedRecord<H extends RecordHeader = RecordHeader> = H & {
  iv: ArrayBuffer
  data: ArrayBuffer
}

/** Parameters for deriving a key-encryption key from a passphrase. */
export interface KdfParameters {
  kdf: 'PBKDF2-HMAC-SHA-256'
  iterations: number
  salt: ArrayBuffer
}

/**
 * Key of a session or a value: plain, or wrapped with the app's key-encryption key. If that was derived from a passphrase, its
 * parameters are stored with each key, so that the passphrase alone opens it.
 */
export type KeyRecord = {
  v: number
  kind: 'key'
  owner: string
  /** Creation time in milliseconds since the epoch. Cleanup uses it to find sessions without records. */
  updatedAt: number
} & ({ key: CryptoKey } | ({ wrapped: ArrayBuffer; wrapIv: ArrayBuffer | null } & Partial<KdfParameters>))

export type WrappedKeyRecord = Extract<KeyRecord, { wrapped: ArrayBuffer }>

export function isWrapped(record: StoredRecord): record is WrappedKeyRecord {
  return record.kind === 'key' && 'wrapped' in record
}

/** Identifies the database's generation. Each erasure begins a new one, with a new random id. */
export interface ErasedRecord extends MetaRecord {
  name: 'erased'
  id: string
}

/** Created with the database. Its random id distinguishes the database from an earlier one that the browser deleted. */
export interface BirthRecord extends MetaRecord {
  name: 'birth'
  id: string
}

/** Record about the whole database, or about a session that could not be opened. Has no indexed fields. */
export interface MetaRecord {
  v: number
  kind: 'meta'
  name: string
}

/** A position in an index: the field's value, and the record's key, which orders equal values. */
export interface IndexPosition {
  value: number
  key: string
}

/** Marks a stored head as the last one by an owner that was silent when another page took over its session. */
export interface FenceRecord extends MetaRecord {
  name: 'fence'
  /** Random id of the takeover. */
  check: string
}

/** Proof that sessions are old: they are deleted only if two pages, at least a day apart, found them old. */
export interface ExpiryRecord extends MetaRecord {
  name: 'expiry'
  /** Clock of the last page that checked, in milliseconds since the epoch. */
  lastSeen: number
  /** Latest time that the clock has shown. Above `lastSeen` after the clock was set back. */
  highest: number
  /** Milliseconds that have passed since the clock jumped, or since the database was new, without jumps forward that a page noticed. */
  sinceJump: number
  /** First sighting; null if the next page must make it. `from`: the sweep resumes after this position. */
  mark: { at: number; before: number; page: string; from: IndexPosition | null } | null
}

export type StoredRecord = EncryptedRecord | KeyRecord | MetaRecord

/** Owner of a key, which is also the prefix of all records that the key encrypts. */
export const sessionOwner = (sessionId: string) => `session/${encodeURIComponent(sessionId)}`
export const valueOwner = (name: string) => `value/${encodeURIComponent(name)}`

export const keyRecordKey = (owner: string) => `key/${owner}`
export const keptKey = (owner: string) => `kept/${owner}`
export const metaKey = (name: string) => `meta/${name}`
export const expiryKey = metaKey('expiry')
/** Prefix of a session's fences, one per takeover from a silent page. */
export const fencesPrefix = (owner: string) => `meta/fence/${owner}/`
export const fenceKey = (sessionId: string, version: string) =>
  fencesPrefix(sessionOwner(sessionId)) + version
export const headKey = (sessionId: string) => `${sessionOwner(sessionId)}/head`
/** Prefixes of all records' keys, in the order in which an erasure without transactions deletes them: keys first. */
export const keyPrefixes = ['key/', 'mark/', 'kept/', 'session/', 'value/', 'meta/'] as const
export const ERASED_KEY = 'meta/erased'
export const BIRTH_KEY = 'meta/birth'
/** Prefix of the tombstones, one per erased generation. Only they survive an erasure. */
export const TOMBSTONES_PREFIX = `${ERASED_KEY}/`
export const tombstoneKey = (generation: string) => TOMBSTONES_PREFIX + generation
export const markKey = (owner: string) => `mark/${owner}`
export const blockKey = (sessionId: string, block: number) =>
  `${sessionOwner(sessionId)}/versions/${String(block).padStart(6, '0')}`
export const segmentsPrefix = (sessionId: string) => `${sessionOwner(sessionId)}/messages/`
/** Pads the number, so that keys sort in the order of segments. */
export const segmentKey = (sessionId: string, seq: number) =>
  segmentsPrefix(sessionId) + String(seq).padStart(8, '0')

/** Returns the id of the session whose head is stored under `key`; null for any other key, including keys that this package never creates. */
export const idOfHead = (key: string) => idIn(/^session\/([^/]+)\/head$/, key, headKey)

/** Returns the id of the session whose key is stored under `key`; null for any other key. */
export const idOfKey = (key: string) =>
  idIn(/^key\/session\/([^/]+)$/, key, (id) => keyRecordKey(sessionOwner(id)))

/** Returns the id of the session that an owner names; null for the owner of a value, and for a malformed name. */
export const idOfOwner = (owner: string) => idIn(/^session\/([^/]+)$/, owner, sessionOwner)

/** Returns the id of a copy of one version. Each attempt and each device gets the same id, so there is one copy. */
export const copyIdOf = (id: string, headVersion: string) =>
  `${id}~${headVersion.replace(/[^A-Za-z0-9]/g, '').slice(0, 8)}`

function idIn(pattern: RegExp, key: string, keyOf: (sessionId: string) => string): string | null {
  const [, encoded] = pattern.exec(key) ?? []
  if (encoded === undefined) return null
  try {
    const id = decodeURIComponent(encoded)
    return keyOf(id) === key ? id : null
  } catch {
    return null
  }
}

/** Checks the fields that are listed or compared, because other code of the origin can store anything under any key. */
function isHead(record: unknown): record is EncryptedRecord<HeadHeader> {
  const { kind, sessionId, tabId, createdAt, updatedAt, messageCount } = (record ?? {}) as Partial<HeadHeader>
  const isNamed = typeof sessionId === 'string' && typeof tabId === 'string'
  return kind === 'head' && isNamed && [createdAt, updatedAt, messageCount].every(Number.isFinite)
}

/** Returns the head stored under `key`; null if the record is not a head. */
export function headOf(
  key: string,
  record: StoredRecord | null | undefined,
): EncryptedRecord<HeadHeader> | null {
  return isHead(record) && headKey(record.sessionId) === key ? record : null
}

/**
 * Identifies one version of a record among all that were ever stored in its place: the random IV that it was first encrypted with. An
 * older copy has another one, and only the key's owner can create a record with a given one.
 */
export const versionOf = ({ iv, version }: Pick<EncryptedRecord, 'iv'> & { version?: string }): string =>
  version ?? toBase64(iv)

const encoder = new TextEncoder()

/**
 * Returns every unencrypted field of a record as additional data for AES-GCM. Decryption fails if the record was moved to
 * another session or position, or if a field changed.
 */
export function additionalData(record: RecordHeader | EncryptedRecord): ReturnType<TextEncoder['encode']> {
  const names = Object.keys(record).filter((name) => name !== 'iv' && name !== 'data')
  const unencrypted = names.sort().map((name) => [name, record[name as keyof typeof record]])
  return encoder.encode(JSON.stringify(unencrypted))
}

/** Encodes bytes as base64, for sessionStorage and for localforage drivers that store only JSON. */
export function toBase64(bytes: ArrayBuffer | Uint8Array): string {
  const view = new Uint8Array(bytes)
  let binary = ''
  // Converts in chunks, because spreading a whole segment into arguments overflows the stack.
  for (let start = 0; start < view.length; start += 8192) {
    binary += String.fromCharCode(...view.subarray(start, start + 8192))
  }
  return btoa(binary)
}

/** Encodes bytes as base64url, without padding. */
export const toBase64Url = (bytes: ArrayBuffer | Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** @throws DOMException `InvalidCharacterError` for text that is not base64 */
export function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer
}

/** Reverses {@link toBase64Url}. @throws DOMException `InvalidCharacterError` for text that is not base64url */
export const fromBase64Url = (text: string) =>
  new Uint8Array(fromBase64(text.replaceAll('-', '+').replaceAll('_', '/')))

/** Copies a record into a form that JSON can represent: bytes become `{ base64 }`. */
export function encodeRecord(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? { base64: toBase64(value) } : value,
    ]),
  )
}

/** Reverses {@link encodeRecord}. */
export function decodeRecord(encoded: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(encoded).map(([name, value]: [string, unknown]) => [
      name,
      isBase64(value) ? fromBase64(value.base64) : value,
    ]),
  )
}

function isBase64(value: unknown): value is { base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
}

/** Approximate bytes of a record besides its encrypted content: its fields, key and index entries. */
const OVERHEAD = 300

/** Estimates the bytes that a record takes on disk. */
export function sizeOf(record: StoredRecord | null): number {
  if (record === null) return 0
  return OVERHEAD + ('data' in record && record.data instanceof ArrayBuffer ? record.data.byteLength : 0)
}
