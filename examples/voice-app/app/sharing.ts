import {
  createSharing,
  httpShareServer,
  ShareError,
  type ShareReceipt,
  type UnwrapShareKey,
} from 'redux-voice-agent/share'
import { asPerson, createShareKeys, type ShareKeys } from 'redux-voice-agent/share/people'

/** The voice server of the example has the shares in its memory, on loopback only. */
export const shareServer = httpShareServer({ url: '/api/shares' })

/** Throws on a page without HTTPS that is not on this machine. */
export const openSharing = () =>
  createSharing({ server: shareServer, viewerUrl: new URL('/shared', location.href).href })

const receiptsKey = 'labs/shares'

/** Returns the receipts of this browser. They revoke shares and can't open them, so they need no encryption. */
export function loadReceipts(): ShareReceipt[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(receiptsKey) ?? '[]')
    return Array.isArray(stored) ? stored : []
  } catch {
    return []
  }
}

/** Changes the receipts that are stored now: another tab, or another request of this page, may have added some meanwhile. */
function changeReceipts(change: (stored: ShareReceipt[]) => ShareReceipt[]): ShareReceipt[] {
  const receipts = change(loadReceipts())
  localStorage.setItem(receiptsKey, JSON.stringify(receipts))
  return receipts
}

/** Returns the receipts with the new one. */
export const addReceipt = (receipt: ShareReceipt) => changeReceipts((stored) => [...stored, receipt])

/** Returns the receipts that are left. */
export const removeReceipt = (id: string) =>
  changeReceipts((stored) => stored.filter((receipt) => receipt.id !== id))

/** Calls the listener when another tab has changed the receipts. Returns an unsubscribe function. */
export function onReceiptsElsewhere(listener: (receipts: ShareReceipt[]) => void): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    // Null if all of the storage was cleared.
    if (key === receiptsKey || key === null) listener(loadReceipts())
  }
  addEventListener('storage', onStorage)
  return () => removeEventListener('storage', onStorage)
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

/** Makes the keys of this browser, or returns those that another tab has made. Scripts can't export the private one. */
export async function makeMyKeys(): Promise<ShareKeys> {
  // Before the transaction, which would end while they are made.
  const made = await createShareKeys()
  const database = await openKeys()
  try {
    const keys = database.transaction('keys', 'readwrite').objectStore('keys')
    const stored = await settle<ShareKeys | undefined>(keys.get('mine'))
    if (!stored) await settle(keys.add(made, 'mine'))
    return stored ?? made
  } finally {
    database.close()
  }
}

/** Opens a share that was made for this browser. */
export const myKeys: UnwrapShareKey = async (wrapped, info) => {
  const keys = await loadMyKeys()
  if (!keys) throw new ShareError('share-key-wrong', 'This browser has no keys.')
  return asPerson(keys.keyPair)(wrapped, info)
}
