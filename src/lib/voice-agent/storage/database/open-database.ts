import { VoiceAgentError } from '../../../../../store/index.js'
import { type KeyProvider, KeyVault } from '../keys/key-vault.js'
import { openRecordStore, type RecordStore } from './record-store.js'
import { within } from './timeout.js'

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
  return within(OPEN_LIMIT_MS, opening, () => {
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
