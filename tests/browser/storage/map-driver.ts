import localforage from 'localforage'

/** A localforage driver of an app: stores anything cloneable, including keys, by name. */
export const MAP_DRIVER = 'testMap'
export const mapStores = new Map<string, Map<string, unknown>>()

interface Instance {
  _dbInfo: Map<string, unknown>
}

export async function defineMapDriver(): Promise<void> {
  if (localforage.supports(MAP_DRIVER)) return
  const driver: LocalForageDriver & ThisType<Instance> = {
    _driver: MAP_DRIVER,
    _support: true,
    _initStorage({ name = '' }: LocalForageOptions) {
      this._dbInfo = mapStores.get(name) ?? new Map()
      mapStores.set(name, this._dbInfo)
    },
    async getItem<T>(key: string) {
      return (structuredClone(this._dbInfo.get(key)) ?? null) as T | null
    },
    async setItem<T>(key: string, value: T) {
      this._dbInfo.set(key, structuredClone(value))
      return value
    },
    async removeItem(key: string) {
      this._dbInfo.delete(key)
    },
    async clear() {
      this._dbInfo.clear()
    },
    async length() {
      return this._dbInfo.size
    },
    async key(position: number) {
      return [...this._dbInfo.keys()][position] ?? ''
    },
    async keys() {
      return [...this._dbInfo.keys()]
    },
    async iterate<T, U>(visit: (value: T, key: string, position: number) => U) {
      let position = 1
      for (const [key, value] of this._dbInfo) visit(value as T, key, position++)
      return undefined as U
    },
  }
  await localforage.defineDriver(driver)
}
