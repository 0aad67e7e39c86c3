import { type IDBPDatabase, openDB } from 'idb'

/** Texts in IndexedDB, each encrypted as one blob with WebCrypto (AES-256-GCM). The non-extractable key is stored with them. */
export function encryptedBlobs(databaseName: string) {
  let db: IDBPDatabase
  let held: CryptoKey | undefined

  async function key(): Promise<CryptoKey> {
    held ??= (await db.get('blobs', 'key')) as CryptoKey | undefined
    if (held) return held
    held = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    await db.put('blobs', held, 'key')
    return held
  }

  return {
    async open(): Promise<void> {
      db = await openDB(databaseName, 1, { upgrade: (created) => void created.createObjectStore('blobs') })
    },
    async put(name: string, text: string): Promise<void> {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const plain = new TextEncoder().encode(text)
      const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await key(), plain)
      const transaction = db.transaction('blobs', 'readwrite', { durability: 'relaxed' })
      await Promise.all([transaction.store.put({ iv, data }, name), transaction.done])
    },
    async get(name: string): Promise<string | undefined> {
      const [blob, secret] = await Promise.all([db.get('blobs', name), key()])
      if (!blob) return undefined
      const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: blob.iv }, secret, blob.data)
      return new TextDecoder().decode(plain)
    },
  }
}
