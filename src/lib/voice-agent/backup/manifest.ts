import type { StoredRecord } from '../storage/records/record.js'
import { fromBytes, toBytes } from '../storage/stores/record-bytes.js'
import { BackupError } from './backup-error.js'
import { type DeviceKey, deviceIdOf, isSignedBy, sign } from './device-key.js'
import { type Bytes, copyOf, hashOf } from './object-store.js'
import type { Vault } from './vault.js'

/** Version of the backup's formats. Manifests and objects with a higher version are refused with `backup-newer`. */
export const BACKUP_VERSION = 1

/** Number of a session's saves per device. Shows if one version is based on another. */
export type Clock = Readonly<Record<string, number>>

/** A session in a manifest. Encrypted, like the whole body. */
export interface Entry {
  id: string
  clock: Clock
  /** Name of the object with the session's head; null for a deleted session. */
  root: string | null
  /** Version of the session's head. Entries with the same version have the same content. Empty for a deleted session. */
  head: string
  createdAt: number
  updatedAt: number
  messageCount: number
  title?: string
  /** Session that this one is a copy of. */
  recoveredFrom?: string
}

/** Position of a manifest in a device's chain: its number and hash. */
export interface Place {
  seq: number
  hash: string
}

/** Encrypted content of a manifest. */
export interface Body {
  /** Name of an object with a list of entries; null if there is none. */
  base: string | null
  /** Entries newer than the list, or missing from it. */
  changes: Entry[]
  /** Other devices' newest manifests verified by this device, by device id. */
  seen: Readonly<Record<string, Place>>
}

/** Unencrypted part of a manifest. The signature covers it and the encrypted body. */
interface Header {
  v: number
  kind: 'manifest'
  vault: string
  publicKey: ArrayBuffer
  /** Counts the device's manifests, from 1. */
  seq: number
  /** Hash of the previous manifest; null for the first. */
  prev: string | null
  /** Hash of an earlier manifest ({@link skipOf}), so that a long chain is verified in few steps; null if there is none. */
  skip: string | null
}

export interface Manifest extends Place {
  device: string
  prev: string | null
  skip: string | null
}

/** Returns the number of the manifest that `skip` refers to: the manifest's own number without its lowest set bit; 0 for none. */
export const skipOf = (seq: number) => seq & (seq - 1)

/** Manifests per folder. A syncing device lists only the folder of the newest manifest that it knows, and later folders. */
export const FOLDER_SIZE = 64

export const devicesPrefix = (vault: string) => `device/${vault}/`
export const chainPrefix = (vault: string, device: string) => `manifest/${vault}/${device}/`
export const folderPrefix = (vault: string, device: string, folder: number) =>
  `${chainPrefix(vault, device)}${String(folder).padStart(6, '0')}/`
export const folderOf = (seq: number) => Math.floor(seq / FOLDER_SIZE)
export const manifestName = (vault: string, device: string, { seq, hash }: Place) =>
  `${folderPrefix(vault, device, folderOf(seq))}${String(seq).padStart(10, '0')}-${hash}`

/** Returns the position that a name claims; null if it is not a manifest's name. */
export function placeIn(vault: string, device: string, name: string): Place | null {
  const [, digits = '', hash = ''] = /\/(\d{10})-([\w-]{43})$/.exec(name) ?? []
  const place = { seq: Number(digits), hash }
  return place.seq > 0 && name === manifestName(vault, device, place) ? place : null
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const encode = (fields: object) => copyOf(toBytes(fields as StoredRecord))

const aes = (iv: ArrayBuffer, additionalData: Bytes) => ({ name: 'AES-GCM', iv, additionalData })

/** Encrypts and signs a manifest. */
export async function createManifest(
  vault: Vault,
  device: DeviceKey,
  { seq, prev, skip }: Pick<Manifest, 'seq' | 'prev' | 'skip'>,
  body: Body,
): Promise<{ name: string; bytes: Bytes; place: Place }> {
  const { publicKey } = device
  const header: Header = {
    v: BACKUP_VERSION,
    kind: 'manifest',
    vault: vault.id,
    publicKey,
    seq,
    prev,
    skip,
  }
  const iv = crypto.getRandomValues(new Uint8Array(12)).buffer
  const json = encoder.encode(JSON.stringify(body))
  const data = await crypto.subtle.encrypt(aes(iv, encode(header)), vault.manifestKey, json)
  const unsigned = { ...header, iv, data }
  const signature = await sign(device, encode(unsigned))
  const bytes = encode({ ...unsigned, signature })
  const place = { seq, hash: await hashOf(bytes) }
  return { name: manifestName(vault.id, device.id, place), bytes, place }
}

/**
 * Verifies a manifest: the hash in its name, the device's signature, and its encryption with the vault key.
 *
 * @throws BackupError `backup-altered`, `backup-newer`
 */
export async function openManifest(
  vault: Vault,
  device: string,
  place: Place,
  bytes: Bytes,
): Promise<Manifest & { body: Body }> {
  const altered = () => new BackupError('backup-altered')
  if ((await hashOf(bytes)) !== place.hash) throw altered()
  const record = fromBytes(bytes) as unknown as Header & {
    iv: ArrayBuffer
    data: ArrayBuffer
    signature: ArrayBuffer
  }
  if ((record.kind as string) !== 'manifest') throw altered()
  const { signature, ...unsigned } = record
  const { iv, data, ...header } = unsigned
  const binary = [iv, data, signature, header.publicKey]
  if (!binary.every((part) => (part as unknown) instanceof ArrayBuffer)) throw altered()
  const isOurs =
    header.vault === vault.id &&
    header.seq === place.seq &&
    (await deviceIdOf(header.publicKey)) === device &&
    (await isSignedBy(header.publicKey, signature, encode(unsigned)))
  if (!isOurs) throw altered()
  // The version is signed, so only another build of the app can have written a higher one.
  if (header.v > BACKUP_VERSION) throw new BackupError('backup-newer')
  try {
    const json = await crypto.subtle.decrypt(aes(iv, encode(header)), vault.manifestKey, data)
    const body = JSON.parse(decoder.decode(json)) as Body
    return { ...place, device, prev: header.prev, skip: header.skip, body }
  } catch {
    throw altered()
  }
}
