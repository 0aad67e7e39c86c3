import {
  createSharing,
  httpShareServer,
  ShareError,
  type ShareReceipt,
  type UnwrapShareKey,
} from 'redux-voice-agent/share'
import { asPerson, createShareKeys, type ShareKeys } from 'redux-voice-agent/share/people'

/** The example's voice server keeps shares in memory, on loopback only. */
export const shareServer = httpShareServer({ url: '/api/shares' })

/** Throws on a page without HTTPS, unless it is on this machine. */
export const openSharing = () =>
  createSharing({ server: shareServer, viewerUrl: new URL('/shared', location.href).href })

const receiptsKey = 'labs/shares'

/** Returns this browser's receipts. They can revoke shares but not open them, so they need no encryption. */
export function loadReceipts(): ShareReceipt[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(receiptsKey) ?? '[]')
    return Array.isArray(stored) ? stored : []
  } catch {
    return []
  }
}

/** Changes the currently stored receipts, because another tab or request may have added some meanwhile. */
function changeReceipts(change: (stored: ShareReceipt[]) => ShareReceipt[]): ShareReceipt[] {
  const receipts = change(loadReceipts())
  localStorage.setItem(receiptsKey, JSON.stringify(receipts))
  return receipts
}

/** Adds a receipt, and returns all of them. */
export const addReceipt = (receipt: ShareReceipt) => changeReceipts((stored) => [...stored, receipt])

/** Removes a receipt, and returns the others. */
export const removeReceipt = (id: string) =>
  changeReceipts((stored) => stored.filter((receipt) => receipt.id !== id))

/** Calls the listener when another tab has changed the receipts. Returns an unsubscribe function. */
export function onReceiptsElsewhere(listener: (receipts: ShareReceipt[]) => void): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    // Null if the whole storage was cleared.
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

/** Returns this browser's keys, for shares that others make for it; undefined before `makeMyKeys`. */
export async function loadMyKeys(): Promise<ShareKeys | undefined> {
  const database = await openKeys()
  try {
    return await settle(database.transaction('keys').objectStore('keys').get('mine'))
  } finally {
    database.close()
  }
}

/** Creates this browser's keys, or returns existing ones from another tab. Scripts can't export the private key. */
export async function makeMyKeys(): Promise<ShareKeys> {
  // Created before the transaction, which would otherwise end in the meantime.
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
