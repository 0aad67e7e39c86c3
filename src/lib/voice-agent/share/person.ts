import { toBase64Url } from '../storage/records/record.js'
import { type Bytes, fromText } from './bytes.js'
import { assertSupported } from './share-crypto.js'
import { ShareError } from './share-error.js'
import type { UnwrapShareKey, WrapShareKey } from './share-server.js'

type Hpke = typeof import('@hpke/core')

/** Keys of a person. Each of their browsers has its own. */
export interface ShareKeys {
  /** Public key to give to others: an uncompressed P-256 point in base64url, 87 characters. */
  publicKey: string
  /** Store it in IndexedDB. Scripts can't export its private key. */
  keyPair: CryptoKeyPair
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' }
const POINT_LENGTH = 65
/** A wrapped key of 32 bytes, with its tag. */
const WRAPPED_LENGTH = 48

/**
 * Creates a person's keys for this browser.
 *
 * @throws ShareError `share-unsupported` without WebCrypto
 * @example
 * const { publicKey, keyPair } = await createShareKeys()
 */
export async function createShareKeys(): Promise<ShareKeys> {
  assertSupported()
  const keyPair = await crypto.subtle.generateKey(CURVE, false, ['deriveBits'])
  return { publicKey: toBase64Url(await crypto.subtle.exportKey('raw', keyPair.publicKey)), keyPair }
}

/**
 * Creates a share that only one person can open, with HPKE (RFC 9180): P-256, HKDF-SHA-256, AES-256-GCM. Needs `@hpke/core`, an optional peer dependency.
 *
 * @param publicKey The reader's, from `createShareKeys`. Get it from a source that you trust, because an attacker could replace it.
 * @returns A function that rejects with a `ShareError`: `share-key-wrong` for an invalid key, `share-unsupported` without `@hpke/core` or WebCrypto.
 * @example
 * await sharing.share(preview, { to: toPerson(colleague.publicKey) })
 */
export function toPerson(publicKey: string): WrapShareKey {
  return async (key, info) => {
    const suite = await createSuite()
    const point = fromText(publicKey)
    const recipientPublicKey = await suite.kem.deserializePublicKey(point ?? new Uint8Array()).catch(() => {
      throw new ShareError('share-key-wrong', 'toPerson: publicKey is no public key of createShareKeys.')
    })
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, key)
    const wrapped = new Uint8Array(POINT_LENGTH + WRAPPED_LENGTH)
    wrapped.set(new Uint8Array(enc))
    wrapped.set(new Uint8Array(ct), POINT_LENGTH)
    return toBase64Url(wrapped)
  }
}

/**
 * Opens shares created for a person.
 *
 * @returns A function that rejects with a `ShareError`: `share-key-wrong` for a share for other keys or an altered one, `share-unreadable` for a malformed one,
 *   `share-unsupported` without `@hpke/core` or WebCrypto.
 * @example
 * await openShare({ link, server, keys: asPerson(mine.keyPair) })
 */
export function asPerson(keyPair: CryptoKeyPair): UnwrapShareKey {
  return async (wrapped, info) => {
    const suite = await createSuite()
    const bytes = fromText(wrapped)
    if (bytes?.length !== POINT_LENGTH + WRAPPED_LENGTH) throw new ShareError('share-unreadable')
    const enc: Bytes = bytes.slice(0, POINT_LENGTH)
    try {
      return new Uint8Array(await suite.open({ recipientKey: keyPair, enc, info }, bytes.slice(POINT_LENGTH)))
    } catch {
      throw new ShareError('share-key-wrong')
    }
  }
}

async function createSuite() {
  assertSupported()
  let hpke: Hpke
  try {
    hpke = await import('@hpke/core')
  } catch (cause) {
    const detail = '@hpke/core could not be loaded. Install it with `npm i @hpke/core`.'
    throw new ShareError('share-unsupported', detail, { cause })
  }
  const { CipherSuite, DhkemP256HkdfSha256, HkdfSha256, Aes256Gcm } = hpke
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
}
