import { additionalData, type EncryptedRecord, type StoredRecord } from '../storage/records/record.js'
import type { HeadVersions } from '../storage/sessions/segments.js'
import { fromBytes, toBytes } from '../storage/stores/record-bytes.js'
import { BackupError } from './backup-error.js'
import { BACKUP_VERSION } from './manifest.js'
import { type Bytes, copyOf, hashOf, type Objects } from './object-store.js'
import type { Vault } from './vault.js'

/** Number of closed segments whose names share an object. The root lists only the rest, so its size does not grow with the conversation. */
export const GROUP_SIZE = 16
/** Maximum number of parallel requests. */
const PARALLEL = 8

/** A record from the local store with decrypted content: `data` is JSON. */
export type PlainRecord = EncryptedRecord

/** How a session is stored in the backup, as known to this device. */
export interface SessionImage {
  /** Version of the head in the root. */
  head: string
  /** Name of the root. */
  root: string
  /** Number of closed segments: all but the last. */
  closed: number
  versions: HeadVersions
  /** Names of the objects of full groups. */
  nodes: string[]
}

/** Versions and object names of a group's segments, `''` for a lost segment. */
export interface Group {
  versions: string[]
  names: string[]
}

/** Object that lists the segments of a full group, and the previous group. */
export interface Node {
  v: number
  kind: 'node'
  session: string
  group: number
  names: string[]
  previous: string | null
  /** Object with the versions record of the block that this group completes; null if it completes none. */
  block: string | null
}

/** Object where reading starts. */
export interface Root {
  v: number
  kind: 'root'
  session: string
  closed: number
  /** Names of the closed segments after the last full group. */
  names: string[]
  /** Name of the last full group. */
  node: string | null
  /** Names of the records of blocks that no full group contains. */
  blocks: [block: number, name: string][]
  head: ArrayBuffer
  /** The last segment. Absent if there is none or it was lost. */
  tail?: ArrayBuffer
}

const objectName = (vault: Vault, hash: string) => `object/${vault.id}/${hash}`
export const encode = (fields: object) => copyOf(toBytes(fields as StoredRecord))

/** Decrypts a record. Returns null if the key does not open it. */
export async function toPlain(key: CryptoKey, record: EncryptedRecord): Promise<PlainRecord | null> {
  const { iv, data } = record
  try {
    const algorithm = { name: 'AES-GCM', iv, additionalData: additionalData(record) }
    return { ...record, data: await crypto.subtle.decrypt(algorithm, key, data) }
  } catch {
    return null
  }
}

/** Encrypts an object: 12 bytes of IV, then the ciphertext. @param iv Must not have been used with this key for other bytes. */
async function encryptObject(key: CryptoKey, plain: Bytes, iv: ArrayBuffer): Promise<Bytes> {
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain)
  const bytes = new Uint8Array(12 + data.byteLength)
  bytes.set(new Uint8Array(iv))
  bytes.set(new Uint8Array(data), 12)
  return bytes
}

/**
 * Encrypts a record with an IV that is derived from it. The same version of a record yields the same object on each device, and no two
 * records share an IV. The digest reveals nothing, because each record contains its own random IV.
 */
export async function encryptRecord(key: CryptoKey, record: PlainRecord): Promise<Bytes> {
  const plain = encode(record)
  const digest = await crypto.subtle.digest('SHA-256', plain)
  return encryptObject(key, plain, digest.slice(0, 12))
}

const randomIv = () => crypto.getRandomValues(new Uint8Array(12)).buffer

/** Writes and reads objects named by their hash. @throws BackupError `backup-incomplete`, `backup-altered`, `backup-newer` */
export function hashedObjects(objects: Objects, vault: Vault) {
  return {
    nameOf: async (bytes: Bytes) => hashOf(bytes),
    put: (hash: string, bytes: Bytes) => objects.put(objectName(vault, hash), bytes),
    delete: (hash: string) => objects.delete(objectName(vault, hash)),
    async open(key: CryptoKey, hash: string): Promise<StoredRecord> {
      const bytes = await objects.getHashed(objectName(vault, hash), hash)
      let plain: ArrayBuffer
      try {
        const iv = bytes.slice(0, 12).buffer
        plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, bytes.slice(12))
      } catch {
        throw new BackupError('backup-altered')
      }
      return fromBytes(new Uint8Array(plain))
    },
    encrypt: (key: CryptoKey, fields: object) => encryptObject(key, encode(fields), randomIv()),
  }
}

export type HashedObjects = ReturnType<typeof hashedObjects>

/** Runs a task for each item, a few at a time. Rejects with the first failure, after all started tasks have ended. */
export async function mapParallel<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async () => {
    while (next < items.length) {
      const index = next++
      try {
        results[index] = await task(items[index] as T)
      } catch (error) {
        next = items.length
        throw error
      }
    }
  }
  const settled = await Promise.allSettled(Array.from({ length: Math.min(PARALLEL, items.length) }, work))
  for (const result of settled) if (result.status === 'rejected') throw result.reason
  return results
}

/** The key authenticates content that this package wrote, so only kind, session and version are checked. */
export function asObject<T extends Root | Node>(record: StoredRecord, kind: T['kind'], session: string): T {
  const object = record as unknown as T
  if (object.v > BACKUP_VERSION) throw new BackupError('backup-newer')
  if (object.kind !== kind || object.session !== session) throw new BackupError('backup-altered')
  return object
}
