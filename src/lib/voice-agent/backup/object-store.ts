import { withTimeout } from '../../../../middleware/waiting.js'
import { fromBase64Url, toBase64Url } from '../storage/records/record.js'
import { isBytes } from '../storage/stores/record-bytes.js'
import { BackupError } from './backup-error.js'

/** Bytes. Its type is derived, because TypeScript before 5.7 can't read a generic `Uint8Array`. */
export type Bytes = ReturnType<Uint8Array['slice']>

/**
 * A store for encrypted objects: a bucket, a folder, a table. It needs no knowledge of conversations or keys.
 *
 * Names have up to 200 characters of `A-Z a-z 0-9 _ - /`. Each name is written once. A repeated `put` of a name has the same
 * bytes, so no conditional requests are needed. Each method must reject on failure, not resolve with null. It counts as failed after two
 * minutes.
 */
export interface ObjectStore {
  /** Resolves once the object is stored. The bytes can be the body of a `fetch`. */
  put(name: string, bytes: ReturnType<Uint8Array['slice']>): Promise<void>
  /** Resolves with the object's bytes, or with null if there is none with this name. */
  get(name: string): Promise<Uint8Array | null>
  /** Lists the names of all objects that begin with `prefix`, in any order. */
  list(prefix: string): Promise<string[]>
  /** Deletes an object. A name without an object is ignored. */
  delete(name: string): Promise<void>
}

/** Milliseconds until a request counts as failed, because all operations of all tabs wait for it. */
export const REQUEST_LIMIT_MS = 120_000

const BASE64_URL = /^[\w-]+$/

/** @throws BackupError `backup-altered` for text that is not base64url */
export function fromText(text: string): Bytes {
  if (!BASE64_URL.test(text)) throw new BackupError('backup-altered')
  try {
    return fromBase64Url(text)
  } catch {
    throw new BackupError('backup-altered')
  }
}

/** Copies bytes into their own buffer, as WebCrypto and newer TypeScript versions require. */
export const copyOf = (bytes: Uint8Array): Bytes => new Uint8Array(bytes).slice()

/** SHA-256 of bytes, in base64url. */
export async function hashOf(bytes: Bytes): Promise<string> {
  return toBase64Url(await crypto.subtle.digest('SHA-256', bytes))
}

/** The object store, with typed errors and support for objects named by their hash. */
export interface Objects {
  put(name: string, bytes: Bytes): Promise<void>
  get(name: string): Promise<Bytes | null>
  list(prefix: string): Promise<string[]>
  delete(name: string): Promise<void>
  /** Reads an object and compares it with the hash in its name. @throws BackupError `backup-incomplete`, `backup-altered` */
  getHashed(name: string, hash: string): Promise<Bytes>
}

/**
 * @param assertOpen Throws once nothing may be requested any longer.
 * @throws BackupError `backup-unreachable`, from each method, if the store fails
 */
export function checkObjects(store: ObjectStore, assertOpen: () => void = () => {}): Objects {
  async function run<T>(task: () => Promise<T>): Promise<T> {
    assertOpen()
    try {
      return await withTimeout(
        REQUEST_LIMIT_MS,
        task(),
        () => new Error('The object store did not answer in time.'),
      )
    } catch (cause) {
      throw new BackupError('backup-unreachable', undefined, { cause })
    }
  }
  const get = (name: string) =>
    run(async () => {
      const bytes: unknown = await store.get(name)
      if (bytes === null) return null
      if (isBytes(bytes)) return copyOf(bytes)
      throw new Error('get() of the object store must resolve with a Uint8Array, or with null.')
    })
  return {
    get,
    put: (name, bytes) => run(() => store.put(name, bytes)),
    list: (prefix) =>
      run(async () => {
        const names: unknown = await store.list(prefix)
        // Anything else must not count as an empty store.
        if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
          throw new Error('list() of the object store must resolve with a list of names.')
        return [...new Set<string>(names)].filter((name) => name.startsWith(prefix))
      }),
    delete: (name) => run(() => store.delete(name)),
    async getHashed(name, hash) {
      const bytes = await get(name)
      if (bytes === null) throw new BackupError('backup-incomplete')
      if ((await hashOf(bytes)) !== hash) throw new BackupError('backup-altered')
      return bytes
    },
  }
}
