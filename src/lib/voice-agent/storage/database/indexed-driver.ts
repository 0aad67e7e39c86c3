import { deleteDB } from 'idb'
import localforage from 'localforage'
import type { StoredRecord } from '../records/record.js'
import { Connection } from './idb-connection.js'
import { STORE } from './transactions.js'

export const INDEXED_DRIVER = 'reduxVoiceAgentIndexed'

/** Methods of this driver besides localforage's own. localforage copies them to the instance. */
export interface IndexedMethods {
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
  // Opening the database finds out if IndexedDB works; the import has no side effects.
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
export function defineIndexedDriver(): void {
  if (!localforage.supports(INDEXED_DRIVER)) void localforage.defineDriver(driver)
}
