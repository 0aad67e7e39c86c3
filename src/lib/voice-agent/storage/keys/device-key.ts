import { openDB } from 'idb'
import { checkNames } from '../../options/check-options.js'
import type { KeyProvider } from './key-provider.js'

/** Options of {@link createDeviceKeyProvider}. */
export interface DeviceKeyOptions {
  /** Name of the IndexedDB database that holds the key. @default 'redux-voice-agent-device-key' */
  databaseName?: string
}

const DEFAULT_NAME = 'redux-voice-agent-device-key'
const STORE = 'keys'
const KEY = 'key'

/**
 * Creates a key provider for a `persistence.store`, which can't hold a key. A non-extractable key in this profile's IndexedDB wraps the
 * session keys. The store receives only wrapped keys, so nothing in it can be opened without this profile.
 *
 * The key protects against the operator of the store. Against theft of the profile, use a passphrase or a key from your server. If the browser
 * deletes the site's IndexedDB, the records in the store can no longer be opened.
 *
 * @example
 * createVoiceAgent({ apiEndpoint, persistence: { store, keyProvider: createDeviceKeyProvider() } })
 */
export function createDeviceKeyProvider({ databaseName = DEFAULT_NAME }: DeviceKeyOptions = {}): KeyProvider {
  checkNames({ 'createDeviceKeyProvider: databaseName': databaseName })
  let found: Promise<CryptoKey> | null = null
  return () => {
    found ??= findOrMake(databaseName).catch((error: unknown) => {
      // Lets a later call retry.
      found = null
      throw error
    })
    return found
  }
}

async function findOrMake(databaseName: string): Promise<CryptoKey> {
  const db = await openDB<Record<typeof STORE, { key: string; value: CryptoKey }>>(databaseName, 1, {
    upgrade: (created) => void created.createObjectStore(STORE),
  })
  try {
    const stored = await db.get(STORE, KEY)
    if (stored) return stored
    const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
      'wrapKey',
      'unwrapKey',
    ])
    // Another tab may have stored a key meanwhile: the first one wins.
    const transaction = db.transaction(STORE, 'readwrite', { durability: 'strict' })
    const first = await transaction.store.get(KEY)
    if (!first) await transaction.store.put(made, KEY)
    await transaction.done
    return first ?? made
  } finally {
    db.close()
  }
}
