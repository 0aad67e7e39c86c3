import type { EncryptedRecord, HeadHeader, StoredRecord } from '../records/record.js'
import { headKey, keyRecordKey, sessionOwner } from '../records/record.js'

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
