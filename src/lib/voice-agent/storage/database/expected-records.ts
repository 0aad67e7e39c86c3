import type { StoredRecord } from '../records/record.js'

/** Rejects a write whose expected records have changed. Nothing was written: read again and retry. */
export class WriteConflictError extends Error {
  override readonly name = 'WriteConflictError'
}

/** By its name: each copy of the package in a page has a class of its own. */
export const isWriteConflict = (error: unknown) =>
  error instanceof Error && error.name === 'WriteConflictError'

export const createConflictError = () => new WriteConflictError('A record was changed meanwhile.')

/** Fields that differ in each version of a record: an IV, a wrapped key or the creation time of a plain key. */
const versionFields = ['kind', 'iv', 'wrapped', 'check', 'updatedAt'] as const

/** Returns text that identifies the version of a record, for comparing two reads; empty for a missing record. */
export function versionOf(record: StoredRecord | null): string {
  if (record === null) return ''
  const fields = record as Partial<Record<(typeof versionFields)[number], unknown>>
  return versionFields
    .map((name) => fields[name])
    .map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value).toString() : String(value)))
    .join(' ')
}

/** @throws {@link WriteConflictError} if a stored record is not the expected version */
export function assertExpected(expected: StoredRecord | null, stored: StoredRecord | null): void {
  if (versionOf(expected) !== versionOf(stored)) throw createConflictError()
}
