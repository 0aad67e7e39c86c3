import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ObjectStore } from 'redux-voice-agent/backup'
import { keyValueStore } from 'redux-voice-agent/storage/stores'
import {
  type DeviceKey,
  type DeviceKeys,
  deviceIdOf,
} from '../../../src/lib/voice-agent/backup/device-key.js'
import { Profile } from '../../unit/backup/support.js'

/** Files in a folder with atomic writes: a killed process leaves the previous version. */
function filesIn(folder: string) {
  const pathOf = (name: string) => join(folder, encodeURIComponent(name))
  let count = 0
  return {
    get: (name: string) =>
      readFile(pathOf(name)).then(
        (bytes) => new Uint8Array(bytes),
        () => null,
      ),
    async set(name: string, bytes: Uint8Array) {
      const unfinished = `${folder}-${process.pid}-${++count}`
      await writeFile(unfinished, bytes)
      await rename(unfinished, pathOf(name))
    },
    remove: (name: string) => rm(pathOf(name), { force: true }),
    keys: async (prefix: string) =>
      (await readdir(folder)).map(decodeURIComponent).filter((name) => name.startsWith(prefix)),
  }
}

/** Stores device keys in files. A browser stores them in IndexedDB, where no script can export them. */
function deviceKeysIn(folder: string): DeviceKeys {
  const files = filesIn(folder)
  return {
    async find(id) {
      const bytes = await files.get(id)
      if (!bytes) return null
      const jwk = JSON.parse(Buffer.from(bytes).toString()) as JsonWebKey
      const privateKey = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign'])
      const publicKey = new Uint8Array(Buffer.from(String(jwk.x), 'base64url')).slice().buffer
      return { id, publicKey, privateKey }
    },
    async create(): Promise<DeviceKey> {
      const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
      const publicKey = await crypto.subtle.exportKey('raw', pair.publicKey)
      const id = await deviceIdOf(publicKey)
      const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
      await files.set(id, Buffer.from(JSON.stringify(jwk)))
      return { id, publicKey, privateKey: pair.privateKey }
    },
  }
}

export async function folderStore(folder: string): Promise<ObjectStore> {
  await mkdir(folder, { recursive: true })
  const { get, set, remove, keys } = filesIn(folder)
  return { get, put: set, delete: remove, list: keys }
}

/** Opens a profile whose local store, keys and object store are folders, as another process left them. */
export async function openFolderProfile(folder: string): Promise<Profile> {
  for (const name of ['local', 'devices']) await mkdir(join(folder, name), { recursive: true })
  const local = filesIn(join(folder, 'local'))
  const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
  return Profile.open({
    name: 'killed',
    bytes: await keyValueStore(() => local)('profile'),
    // The same key in every process. A browser would get it from its user or server.
    wrapping: await crypto.subtle.importKey('raw', new Uint8Array(32).fill(7), 'AES-KW', false, usages),
    devices: deviceKeysIn(join(folder, 'devices')),
    objects: await folderStore(join(folder, 'objects')),
  })
}
