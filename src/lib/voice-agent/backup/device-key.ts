import { openDB } from 'idb'
import { BackupError } from './backup-error.js'
import { hashOf } from './object-store.js'

/** Key that a device signs its manifests with. The private half can't be exported. */
export interface DeviceKey {
  /** SHA-256 of the public key, in base64url. */
  id: string
  publicKey: ArrayBuffer
  privateKey: CryptoKey
}

/** Stores the keys of this profile's devices, by id. */
export interface DeviceKeys {
  find(id: string): Promise<DeviceKey | null>
  /** @throws BackupError `backup-unsupported` without Ed25519 */
  create(): Promise<DeviceKey>
}

const ED25519 = { name: 'Ed25519' }

/** @throws BackupError `backup-unsupported` without Ed25519 */
export async function generateDeviceKey(): Promise<DeviceKey> {
  let pair: CryptoKeyPair
  try {
    pair = (await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])) as CryptoKeyPair
  } catch (cause) {
    throw new BackupError('backup-unsupported', undefined, { cause })
  }
  const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey)
  return { id: await hashOf(new Uint8Array(publicKey)), publicKey, privateKey: pair.privateKey }
}

export async function sign({ privateKey }: DeviceKey, bytes: BufferSource): Promise<ArrayBuffer> {
  return crypto.subtle.sign(ED25519, privateKey, bytes)
}

/** Resolves to false for another key's signature, and for an invalid key. */
export async function isSignedBy(
  publicKey: ArrayBuffer,
  signature: ArrayBuffer,
  bytes: BufferSource,
): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, ED25519, false, ['verify'])
    return await crypto.subtle.verify(ED25519, key, signature, bytes)
  } catch {
    return false
  }
}

const STORE = 'devices'

/** Stores the keys in an IndexedDB database next to the conversations, because only IndexedDB can hold a non-extractable key. */
export function indexedDeviceKeys(databaseName: string): DeviceKeys {
  const open = () =>
    openDB<Record<typeof STORE, { key: string; value: DeviceKey }>>(`${databaseName}-backup`, 1, {
      upgrade: (created) => void created.createObjectStore(STORE, { keyPath: 'id' }),
    })
  return {
    async find(id) {
      const db = await open()
      try {
        return (await db.get(STORE, id)) ?? null
      } finally {
        db.close()
      }
    },
    async create() {
      const made = await generateDeviceKey()
      const db = await open()
      try {
        const transaction = db.transaction(STORE, 'readwrite', { durability: 'strict' })
        await transaction.store.put(made)
        await transaction.done
      } finally {
        db.close()
      }
      return made
    },
  }
}

/** Id of a device, as used in manifest names. */
export const deviceIdOf = async (publicKey: ArrayBuffer) => hashOf(new Uint8Array(publicKey))
