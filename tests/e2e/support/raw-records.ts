import type { Page } from '@playwright/test'

/**
 * Reads a database without the package: each record as text, including its bytes. A key shows only its algorithm. Throws if there is
 * no database, because reading must not create one.
 */
export function readRecords(page: Page, databaseName: string): Promise<Record<string, string>> {
  return page.evaluate(async (name) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name)
      request.onupgradeneeded = () => request.transaction?.abort()
      request.onerror = () => reject(request.error)
      request.onsuccess = () => resolve(request.result)
    })
    const all = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve) => {
        request.onsuccess = () => resolve(request.result)
      })
    const store = db.transaction('records').objectStore('records')
    const [keys, values] = await Promise.all([all(store.getAllKeys()), all(store.getAll())])
    db.close()
    const asText = (_name: string, value: unknown) => {
      if (value instanceof ArrayBuffer) return String(new Uint8Array(value))
      return value instanceof CryptoKey ? value.algorithm : value
    }
    return Object.fromEntries(keys.map((key, index) => [String(key), JSON.stringify(values[index], asText)]))
  }, databaseName)
}
