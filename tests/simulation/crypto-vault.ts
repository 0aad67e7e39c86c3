import { createHash } from 'node:crypto'
import { type CryptoPorts, createCryptoDouble, SimulatedKey } from './crypto-double.js'

/** A key with its bytes, so that it can be exported, wrapped and derived from. */
class RawKey extends SimulatedKey {
  constructor(
    readonly raw: Uint8Array<ArrayBuffer>,
    extractable: boolean,
    name = 'AES-GCM',
  ) {
    super(digestOf('id', raw).readUInt32LE(0), extractable, { name, length: 256 })
  }
}

interface Derivation {
  name: string
  salt: BufferSource
  info?: BufferSource
  iterations?: number
}

type Named = string | { name: string }
const nameOf = (algorithm: Named) => (typeof algorithm === 'string' ? algorithm : algorithm.name)

/**
 * The double of `crypto-double.ts`, with what the backup needs as well: SHA-256, derived and wrapped keys, and signatures. It is not secure:
 * a signature proves only that its maker knew the public key.
 */
export function createVaultCryptoDouble(ports: CryptoPorts) {
  const { schedule } = ports
  const double = createCryptoDouble(ports)
  const randomKey = (extractable: boolean, name?: string) =>
    new RawKey(double.getRandomValues(new Uint8Array(32)) as Uint8Array<ArrayBuffer>, extractable, name)

  const subtle = {
    ...double.subtle,

    generateKey: (algorithm: Named, extractable: boolean) =>
      schedule(() => {
        const key = randomKey(extractable, nameOf(algorithm))
        return key.algorithm.name === 'Ed25519'
          ? { privateKey: key, publicKey: new RawKey(key.raw, true, 'Ed25519') }
          : key
      }),

    importKey: (_format: 'raw', raw: BufferSource, algorithm: Named, extractable = false) =>
      schedule(() => new RawKey(bytesOf(raw), extractable, nameOf(algorithm))),

    exportKey: (_format: 'raw', key: RawKey) =>
      schedule(() => {
        if (!key.extractable) throw new DOMException('The key is not extractable', 'InvalidAccessError')
        return key.raw.slice().buffer
      }),

    deriveKey: (
      { name, salt, info, iterations }: Derivation,
      base: RawKey,
      algorithm: Named,
      extractable: boolean,
    ) =>
      schedule(() => {
        const raw = digestOf(`${name} ${iterations}`, base.raw, bytesOf(salt), bytesOf(info))
        return new RawKey(new Uint8Array(raw), extractable, nameOf(algorithm))
      }),

    digest: (_name: 'SHA-256', data: BufferSource) =>
      schedule(() => new Uint8Array(createHash('sha256').update(bytesOf(data)).digest()).buffer),

    wrapKey: (_format: 'raw', key: RawKey, wrapper: SimulatedKey, options: { iv: BufferSource }) =>
      double.subtle.encrypt(options, wrapper, key.raw),

    unwrapKey: async (
      _format: 'raw',
      wrapped: BufferSource,
      wrapper: SimulatedKey,
      options: { iv: BufferSource },
      algorithm: Named,
      extractable: boolean,
    ) => {
      const raw = await double.subtle.decrypt(options, wrapper, wrapped)
      return new RawKey(new Uint8Array(raw), extractable, nameOf(algorithm))
    },

    sign: (_name: Named, key: RawKey, data: BufferSource) =>
      schedule(() => new Uint8Array(signatureOf(key, data)).buffer),

    verify: (_name: Named, key: RawKey, signature: BufferSource, data: BufferSource) =>
      schedule(() => signatureOf(key, data).equals(bytesOf(signature))),
  }
  return { ...double, subtle }
}

const signatureOf = ({ raw }: RawKey, data: BufferSource) => digestOf('signature', raw, bytesOf(data))

function digestOf(purpose: string, ...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(purpose)
  for (const part of parts) hash.update(`/${part.length}/`).update(part)
  return hash.digest()
}

/** Copies the bytes, because the caller may overwrite them. */
function bytesOf(source: BufferSource = new ArrayBuffer(0)): Uint8Array<ArrayBuffer> {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source.slice(0))
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
}
