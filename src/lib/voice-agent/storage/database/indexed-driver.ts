import { deleteDB } from 'idb'
import localforage from 'localforage'
import type { StoredRecord } from '../records/record.js'
import { Connection, STORE } from './idb-connection.js'

export const INDEXED_DRIVER = 'reduxVoiceAgentIndexed'

/** What our driver has besides localforage's methods; localforage copies it to the instance. */
export interface IndexedMethods {
  connection(): Connection
}

interface Instance {
  _dbInfo: Connection
}

/** localforage waits for `_initStorage`, though its types don't say so. */
type Driver = Omit<LocalForageDriver, '_initStorage'> &
  IndexedMethods & { _initStorage(options: LocalForageOptions): Promise<void> }

/** By promise alone: localforage's callbacks are for browsers that had none. */
const driver: Driver & ThisType<Instance> = {
  _driver: INDEXED_DRIVER,
  // Whether IndexedDB is there is found out by opening it, not at import.
  _support: true,

  async _initStorage(options: LocalForageOptions) {
    this._dbInfo = new Connection(options.name ?? 'redux-voice-agent')
    await this._dbInfo.open()
  },

  getItem<T>(key: string) {
    return this._dbInfo.run(async (db) => ((await db.get(STORE, key)) ?? null) as T | null)
  },

  async setItem<T>(key: string, value: T) {
    await this._dbInfo.write(new Map([[key, value as StoredRecord]]), 'relaxed')
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
    // localforage's own drivers give null past the end, whatever its types say.
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
 * Makes the driver known to localforage. Both calls act at once, so that two engines can't define it twice, and nothing
 * happens at import.
 */
export function defineIndexedDriver(): void {
  if (!localforage.supports(INDEXED_DRIVER)) void localforage.defineDriver(driver)
}
