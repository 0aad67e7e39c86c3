import { deleteDB } from 'idb'
import localforage from 'localforage'
import { withTimeout } from '../../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { checkDatabase } from '../../options/check-options.js'
import { importWithUnloadRetry } from '../../page/page-exit.js'
import type { KeyProvider } from '../keys/key-provider.js'
import { KeyVault } from '../keys/key-vault.js'
import type { StoredRecord } from '../records/record.js'
import { asOpenError } from '../records/storage-errors.js'
import type { OpenByteStore } from '../stores/byte-store.js'
import { Connection, indexedRecordStore } from './idb-connection.js'
import { plainRecordStore } from './localforage-record-store.js'
import type { RecordStore } from './record-store.js'
import { STORE } from './transactions.js'

const INDEXED_DRIVER = 'reduxVoiceAgentIndexed'

/** Methods of this driver besides localforage's own. localforage copies them to the instance. */
interface IndexedMethods {
  connection(): Connection
}

interface Instance {
  _dbInfo: Connection
}

/** localforage awaits `_initStorage`, although its types don't allow a promise. */
type Driver = Omit<LocalForageDriver, '_initStorage'> &
  IndexedMethods & { _initStorage(options: LocalForageOptions): Promise<void> }

/** Supports promises only: localforage's callbacks are for browsers without promises. */
const driver: Driver & ThisType<Instance> = {
  _driver: INDEXED_DRIVER,
  // Only opening the database shows if IndexedDB works, and an import must have no side effects.
  _support: true,

  async _initStorage(options: LocalForageOptions) {
    this._dbInfo = new Connection(options.name ?? 'redux-voice-agent')
    await this._dbInfo.open()
  },

  getItem<T>(key: string) {
    return this._dbInfo.run(async (db) => ((await db.get(STORE, key)) ?? null) as T | null)
  },

  async setItem<T>(key: string, value: T) {
    await this._dbInfo.write(new Map([[key, value as StoredRecord]]))
    return value
  },

  removeItem(key: string) {
    return this._dbInfo.run((db) => db.delete(STORE, key))
  },

  clear() {
    return this._dbInfo.run((db) => db.clear(STORE))
  },

  length() {
    return this._dbInfo.run((db) => db.count(STORE))
  },

  key(position: number) {
    // localforage's own drivers return null past the end, although its types exclude it.
    return this._dbInfo.run(async (db) => ((await db.getAllKeys(STORE))[position] ?? null) as string)
  },

  keys() {
    return this._dbInfo.run((db) => db.getAllKeys(STORE))
  },

  iterate<T, U>(visit: (value: T, key: string, position: number) => U) {
    return this._dbInfo.run(async (db) => {
      let position = 1
      for await (const { key, value } of db.transaction(STORE).store) {
        const found = visit(value as T, key, position++)
        if (found !== undefined) return found
      }
      return undefined as U
    })
  },

  async dropInstance(options?: LocalForageDbInstanceOptions) {
    this._dbInfo.close()
    if (options?.name) await deleteDB(options.name)
  },

  connection() {
    return this._dbInfo
  },
}

/**
 * Registers the driver with localforage. Both calls take effect synchronously, so two engines can't register it twice.
 */
function defineIndexedDriver(): void {
  if (!localforage.supports(INDEXED_DRIVER)) void localforage.defineDriver(driver)
}

/** The database that stores conversations, and the keys that encrypt them. */
export interface DatabaseOptions {
  /** Name of the IndexedDB database. @default 'redux-voice-agent' */
  databaseName?: string
  /**
   * Names of localforage drivers to use instead of the package's own; the first that works is used. They have no
   * atomic saves, no indexes and no commit while the page closes. A driver for JSON (localStorage) needs a `keyProvider`.
   *
   * @default the package's IndexedDB driver. If it doesn't work, everything stays in memory; no other driver is tried.
   */
  driver?: string | string[]
  /**
   * Opens your own store instead of IndexedDB, such as `opfsStore` from `redux-voice-agent/storage/stores`. It receives
   * only encrypted records. A store holds bytes and no `CryptoKey`, so it needs a `keyProvider`: `createDeviceKeyProvider()` keeps a key in IndexedDB.
   *
   * @default IndexedDB
   */
  store?: OpenByteStore
  /**
   * Returns a key-encryption key that the server or the user holds: AES-GCM or AES-KW, with the usages `wrapKey` and
   * `unwrapKey`. New keys are then stored only wrapped, so a copy of the browser profile can't open them. The first key that is used
   * becomes the database's key. Any other is refused with `key-wrong` before anything is written.
   *
   * @default none: unwrapped, non-extractable keys in the browser's profile
   */
  keyProvider?: KeyProvider
}

export const DEFAULT_DATABASE_NAME = 'redux-voice-agent'

/** Records and the keys that decrypt them. */
export interface Database {
  store: RecordStore
  keys: KeyVault
}

/** Milliseconds until opening fails. A blocked deletion or a broken profile can leave it pending forever. */
const OPEN_LIMIT_MS = 10_000

/** Rejects after `ms`, and closes what opens later. */
export function openInTime<T>(ms: number, opening: Promise<T>, close: (opened: T) => unknown): Promise<T> {
  return withTimeout(ms, opening, () => {
    opening.then(close).catch(() => {})
    const detail = "The browser's storage did not open in time. Messages won't survive a reload."
    return new VoiceAgentError('storage-unavailable', detail)
  })
}

/** Opens the records without their keys. @throws VoiceAgentError `storage-unavailable` */
export function openRecords({
  databaseName = DEFAULT_DATABASE_NAME,
  store,
  driver,
}: DatabaseOptions): Promise<RecordStore> {
  const opening = store ? openCustomStore(databaseName, store) : openRecordStore(databaseName, driver)
  return openInTime(OPEN_LIMIT_MS, opening, (opened) => opened.close())
}

/** Opens the app's store. Only apps with one load the adapter. */
async function openCustomStore(databaseName: string, open: OpenByteStore): Promise<RecordStore> {
  const { openByteRecordStore } = await importWithUnloadRetry(() => import('../stores/byte-record-store.js'))
  try {
    return await openByteRecordStore(await open(databaseName))
  } catch (cause) {
    // A store that doesn't respond while opening counts as unavailable: the page works without it.
    if (cause instanceof VoiceAgentError && cause.code !== 'storage-unreachable') throw cause
    const detail = "persistence.store could not be opened. Messages won't survive a reload."
    throw new VoiceAgentError('storage-unavailable', detail, { cause })
  }
}

/** @throws VoiceAgentError `invalid-option`; `storage-unavailable` without IndexedDB or WebCrypto, or if the database doesn't open */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  checkDatabase(options)
  // Insecure origins have no `crypto.subtle`, and nothing may be stored unencrypted.
  if (globalThis.crypto?.subtle === undefined) throw new VoiceAgentError('storage-unavailable')
  const store = await openRecords(options)
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
 * @param driver Names of localforage drivers. Always passed on, because localforage would fall back to localStorage
 * without a warning. @default the package's own driver
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
      const detail = `persistence.driver must name a localforage driver that works here; got ${names}. Messages won't survive a reload.`
      throw new VoiceAgentError('storage-unavailable', detail, { cause })
    }
    throw asOpenError(isIndexed(instance) ? instance.connection().openingError : cause)
  }
  if (isIndexed(instance)) return indexedRecordStore(instance.connection())
  const store = plainRecordStore(instance)
  await store.isErased()
  return store
}

function isIndexed(instance: LocalForage): instance is LocalForage & IndexedMethods {
  return instance.driver() === INDEXED_DRIVER
}
