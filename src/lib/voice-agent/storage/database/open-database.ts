import localforage from 'localforage'
import { VoiceAgentError } from '../../../../../store/index.js'
import type { KeyProvider } from '../keys/key-provider.js'
import { KeyVault } from '../keys/key-vault.js'
import { asOpenError } from '../records/storage-errors.js'
import { indexedRecordStore } from './idb-record-store.js'
import { defineIndexedDriver, INDEXED_DRIVER, type IndexedMethods } from './indexed-driver.js'
import { plainRecordStore } from './localforage-record-store.js'
import type { RecordStore } from './record-store.js'
import { withTimeout } from './timeout.js'

/** Where conversations are stored, and with which keys. */
export interface DatabaseOptions {
  /** Name of the IndexedDB database. @default 'redux-voice-agent' */
  databaseName?: string
  /**
   * Names of localforage drivers to use instead of our own, the first that works. What they can't do: no atomic save, no
   * indexes, no commit while the page goes; one that keeps only JSON (localStorage) needs a `keyProvider`.
   *
   * @default our indexed driver. Where that doesn't work everything stays in memory: another is never taken silently.
   */
  driver?: string | string[]
  /**
   * Gives a key-encryption key (AES-GCM or AES-KW, with the usages `wrapKey` and `unwrapKey`) that the server or the user
   * holds. Keys are then stored wrapped only, and a stolen browser profile opens nothing.
   *
   * @default none: the keys themselves lie, non-extractable, in the browser's profile
   */
  keyProvider?: KeyProvider
}

export const DEFAULT_DATABASE_NAME = 'redux-voice-agent'

/** Records and the keys that open them. */
export interface Database {
  store: RecordStore
  keys: KeyVault
}

/** A browser may never answer an open: behind a deletion that is blocked, or on a profile that is broken. */
const OPEN_LIMIT_MS = 10_000

/** Gives up waiting; what opens after all is closed again, untouched. */
function inTime(opening: Promise<RecordStore>): Promise<RecordStore> {
  return withTimeout(OPEN_LIMIT_MS, opening, () => {
    opening.then(
      (store) => store.close(),
      () => {},
    )
    const detail = "The browser's storage did not open in time. Messages won't survive a reload."
    return new VoiceAgentError('storage-unavailable', detail)
  })
}

/** @throws VoiceAgentError `storage-unavailable` without IndexedDB or WebCrypto, or when the database doesn't open. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  // Insecure origins have no `crypto.subtle`, and nothing is stored unencrypted.
  if (globalThis.crypto?.subtle === undefined) throw new VoiceAgentError('storage-unavailable')
  const store = await inTime(openRecordStore(options.databaseName ?? DEFAULT_DATABASE_NAME, options.driver))
  const keys = new KeyVault(store, options.keyProvider)
  try {
    if (options.driver !== undefined) await keys.assertKeysCanBeStored()
  } catch (error) {
    store.close()
    throw error
  }
  return { store, keys }
}

/**
 * Opens the database through localforage.
 *
 * @param driver Names of localforage drivers; our own when left out. It is pinned: localforage's silent way to
 * localStorage would put the bytes where nobody expects them.
 * @throws VoiceAgentError `storage-unavailable`
 */
async function openRecordStore(
  databaseName: string,
  driver: string | string[] = INDEXED_DRIVER,
): Promise<RecordStore> {
  defineIndexedDriver()
  const instance = localforage.createInstance({ name: databaseName, storeName: 'records', driver })
  try {
    await instance.ready()
  } catch (cause) {
    if (driver !== INDEXED_DRIVER) {
      const names = [driver].flat().join(', ')
      const detail = `No localforage driver of this name works here: ${names}. Messages won't survive a reload.`
      throw new VoiceAgentError('storage-unavailable', detail, { cause })
    }
    throw asOpenError(isIndexed(instance) ? instance.connection().openingError : cause)
  }
  return isIndexed(instance) ? indexedRecordStore(instance.connection()) : plainRecordStore(instance)
}

function isIndexed(instance: LocalForage): instance is LocalForage & IndexedMethods {
  return instance.driver() === INDEXED_DRIVER
}
