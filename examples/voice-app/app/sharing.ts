import { createSharing, httpShareServer, type ShareReceipt } from 'redux-voice-agent/share'
import { asPerson, createShareKeys, type ShareKeys } from 'redux-voice-agent/share/people'

/** The voice server of the example has the shares in its memory, on loopback only. */
export const shareServer = httpShareServer({ url: '/api/shares' })

/** Throws on a page without HTTPS that is not on this machine. */
export const openSharing = () =>
  createSharing({ server: shareServer, viewerUrl: new URL('/shared', location.href).href })

const receiptsKey = 'labs/shares'

/** Receipts revoke shares. They can't open them, so they need no encryption. */
export function loadReceipts(): ShareReceipt[] {
  try {
    return JSON.parse(localStorage.getItem(receiptsKey) ?? '[]') as ShareReceipt[]
  } catch {
    return []
  }
}

export function saveReceipts(receipts: readonly ShareReceipt[]): void {
  localStorage.setItem(receiptsKey, JSON.stringify(receipts))
}

const settle = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

async function openKeys(): Promise<IDBDatabase> {
  const request = indexedDB.open('kettle-and-clay-share-keys', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('keys')
  return settle(request)
}

/** Returns the keys of this browser, for shares that others make for it; undefined before `makeMyKeys`. */
export async function loadMyKeys(): Promise<ShareKeys | undefined> {
  const database = await openKeys()
  try {
    return await settle(database.transaction('keys').objectStore('keys').get('mine'))
  } finally {
    database.close()
  }
}

/** Makes the keys of this browser. Scripts can't export the private one. */
export async function makeMyKeys(): Promise<ShareKeys> {
  const keys = (await loadMyKeys()) ?? (await createShareKeys())
  const database = await openKeys()
  try {
    await settle(database.transaction('keys', 'readwrite').objectStore('keys').put(keys, 'mine'))
  } finally {
    database.close()
  }
  return keys
}

/** Opens a share that was made for this browser. */
export const myKeys: ReturnType<typeof asPerson> = async (wrapped, info) => {
  const keys = (await loadMyKeys()) ?? (await createShareKeys())
  return asPerson(keys.keyPair)(wrapped, info)
}
