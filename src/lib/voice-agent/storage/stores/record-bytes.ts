import { FORMAT_VERSION, type MetaRecord, type StoredRecord } from '../records/record.js'

/**
 * Bytes that are not a record of this package. Nothing opens such a record, so its session or value counts as unreadable and is not
 * overwritten.
 */
interface DamagedRecord extends MetaRecord {
  name: 'damaged'
  bytes: Uint8Array
}

/** Version of the byte layout: this byte, 4 for the length of the JSON, the JSON, then the binary fields. */
const LAYOUT = 1
const PREFIX_LENGTH = 5
/** JSON placeholder for a binary field, with its length. */
const BYTES = '$bytes'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Encodes a record. Equal records have equal bytes, whatever the order of their fields. */
export function toBytes(record: StoredRecord): Uint8Array {
  if (isDamaged(record)) return record.bytes
  const parts: ArrayBuffer[] = []
  const fields = Object.entries(record)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]: [string, unknown]) => {
      if (!(value instanceof ArrayBuffer)) return [name, value]
      parts.push(value)
      return [name, { [BYTES]: value.byteLength }]
    })
  const json = encoder.encode(JSON.stringify(Object.fromEntries(fields)))
  const length = parts.reduce((sum, part) => sum + part.byteLength, PREFIX_LENGTH + json.length)
  const bytes = new Uint8Array(length)
  bytes[0] = LAYOUT
  new DataView(bytes.buffer).setUint32(1, json.length)
  bytes.set(json, PREFIX_LENGTH)
  let position = PREFIX_LENGTH + json.length
  for (const part of parts) {
    bytes.set(new Uint8Array(part), position)
    position += part.byteLength
  }
  return bytes
}

/** Reverses {@link toBytes}. Other bytes become a record that opens nothing. */
export function fromBytes(bytes: Uint8Array): StoredRecord {
  try {
    return decode(bytes)
  } catch {
    const damaged: DamagedRecord = { v: FORMAT_VERSION, kind: 'meta', name: 'damaged', bytes }
    return damaged
  }
}

function decode(bytes: Uint8Array): StoredRecord {
  if (bytes[0] !== LAYOUT) throw new TypeError('Not a record.')
  const end = PREFIX_LENGTH + new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(1)
  const fields: unknown = JSON.parse(decoder.decode(bytes.subarray(PREFIX_LENGTH, end)))
  if (end > bytes.length || typeof fields !== 'object' || fields === null)
    throw new TypeError('Not a record.')
  let position = end
  const entries = Object.entries(fields).map(([name, value]: [string, unknown]) => {
    const length = lengthOf(value)
    if (length === null) return [name, value] as const
    const part = bytes.slice(position, position + length)
    position += length
    if (part.length !== length) throw new TypeError('A record is cut short.')
    return [name, part.buffer] as const
  })
  if (position !== bytes.length) throw new TypeError('A record is too long.')
  return Object.fromEntries(entries) as unknown as StoredRecord
}

function lengthOf(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || !(BYTES in value)) return null
  return Number(value[BYTES])
}

function isDamaged(record: StoredRecord): record is DamagedRecord {
  return record.kind === 'meta' && (record as MetaRecord).name === 'damaged' && 'bytes' in record
}

/** Returns a record's time in the index; null for a record without one. */
export function timeOf(record: StoredRecord): number | null {
  const { updatedAt } = record as { updatedAt?: unknown }
  const isTime = typeof updatedAt === 'number' && Math.abs(updatedAt) < Number.MAX_SAFE_INTEGER
  return isTime ? updatedAt : null
}

/** Compares byte by byte. */
export function areEqual(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Accepts bytes from another realm, such as a worker's in a test environment. */
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]'
