import { toBase64Url } from '../storage/records/record.js'
import { type Bytes, encodeText, fromText, randomBytes } from './bytes.js'
import { ShareError } from './share-error.js'
import type { ShareHeader } from './share-server.js'

/** Version of the format. Shares with a higher version are refused with `share-newer`. */
export const FORMAT_VERSION = 1

const KEY_LENGTH = 32
const IV_LENGTH = 12
const FORMAT = 'redux-voice-agent share'

export const createId = () => toBase64Url(randomBytes(16))
export const createKey = () => randomBytes(KEY_LENGTH)
export const createSecret = () => toBase64Url(randomBytes(32))
export const isId = (text: unknown): text is string => fromText(text)?.length === 16
export const isKey = (bytes: Bytes | null): bytes is Bytes => bytes?.length === KEY_LENGTH

/** SHA-256 of a secret, in base64url. */
export const hashOf = async (secret: string): Promise<string> =>
  toBase64Url(await crypto.subtle.digest('SHA-256', encodeText(secret)))

/** Binds a ciphertext to its purpose and position. */
const bind = (...parts: readonly (string | number)[]): Bytes =>
  encodeText(JSON.stringify([FORMAT, FORMAT_VERSION, ...parts]))

export const contentInfo = ({ id, role, expiresAt }: ShareHeader) => bind('content', id, role, expiresAt)
export const wrapInfo = ({ id, role, expiresAt }: ShareHeader) => bind('key', id, role, expiresAt)
export const commentInfo = (shareId: string, commentId: string) => bind('comment', shareId, commentId)

/** Keys of one share, derived from the key in its link. */
export interface ShareKeyring {
  /** Encrypts the messages. */
  content: CryptoKey
  /** Encrypts the comments. */
  comments: CryptoKey
  /** Proves to the server that a comment's sender has the key. */
  commentSecret: string
}

/** @throws ShareError `share-unsupported` without WebCrypto, as on an insecure page */
export async function deriveKeyring(key: Bytes, id: string): Promise<ShareKeyring> {
  assertSupported()
  const base = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveKey', 'deriveBits'])
  const hkdf = (purpose: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: encodeText(id),
    info: bind('derive', purpose),
  })
  const derive = (purpose: string) =>
    crypto.subtle.deriveKey(hkdf(purpose), base, { name: 'AES-GCM', length: 256 }, false, [
      'encrypt',
      'decrypt',
    ])
  return {
    content: await derive('content'),
    comments: await derive('comments'),
    commentSecret: toBase64Url(await crypto.subtle.deriveBits(hkdf('comment secret'), base, 256)),
  }
}

export function assertSupported(): void {
  if (globalThis.crypto?.subtle === undefined) throw new ShareError('share-unsupported')
}

/** Encrypts bytes with AES-256-GCM. Returns the IV and the ciphertext in base64url. */
export async function encrypt(key: CryptoKey, plain: Bytes, additionalData: Bytes): Promise<string> {
  const iv = randomBytes(IV_LENGTH)
  const data = new Uint8Array(
    await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plain),
  )
  const bytes = new Uint8Array(IV_LENGTH + data.length)
  bytes.set(iv)
  bytes.set(data, IV_LENGTH)
  return toBase64Url(bytes)
}

/** @throws ShareError `share-unreadable`, without a cause, which would add nothing to the code */
export async function decrypt(key: CryptoKey, text: string, additionalData: Bytes): Promise<Bytes> {
  const bytes = fromText(text)
  if (!bytes || bytes.length <= IV_LENGTH) throw new ShareError('share-unreadable')
  const algorithm = { name: 'AES-GCM', iv: bytes.slice(0, IV_LENGTH), additionalData }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.slice(IV_LENGTH)))
  } catch {
    throw new ShareError('share-unreadable')
  }
}
