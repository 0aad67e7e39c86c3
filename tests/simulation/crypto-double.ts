/**
 * Replaces WebCrypto's AES-GCM in the simulation: authenticated with the key, the IV and the additional data, and unreadable
 * without the key. It is not secure. `schedule` decides when operations settle.
 * `tests/unit/simulation/crypto-double.test.ts` compares it with WebCrypto.
 */
export class SimulatedKey {
  readonly type = 'secret'
  readonly usages = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']
  constructor(
    readonly id: number,
    readonly extractable: boolean,
    readonly algorithm = { name: 'AES-GCM', length: 256 },
  ) {}
}

interface CipherOptions {
  iv: BufferSource
  additionalData?: BufferSource
}

export interface CryptoPorts {
  nextId(): number
  random(): number
  /** Resolves later with the result of `answer`. */
  schedule<T>(answer: () => T): Promise<T>
  /** Called when a key is used twice with one IV, which breaks AES-GCM. */
  onReusedIv?(): void
  /** Called with each key that encrypts. */
  onEncrypt?(key: SimulatedKey): void
  /** Messages by key and IV. Pages with the same keys share them. @default a new map */
  used?: Map<string, string>
}

const TAG_LENGTH = 8

export function createCryptoDouble(ports: CryptoPorts) {
  const { nextId, random, schedule, onReusedIv, onEncrypt, used = new Map() } = ports

  function encryptSync(
    options: CipherOptions,
    key: SimulatedKey,
    data: BufferSource,
  ): Uint8Array<ArrayBuffer> {
    onEncrypt?.(key)
    const plain = bytesOf(data).slice()
    const iv = bytesOf(options.iv).slice()
    const use = `${key.id}/${textOf(iv)}`
    const message = `${textOf(plain)}/${textOf(bytesOf(options.additionalData))}`
    // Encrypting the same message again yields the same bytes, which reveals nothing.
    if ((used.get(use) ?? message) !== message) onReusedIv?.()
    used.set(use, message)
    const ciphertext = new Uint8Array(TAG_LENGTH + plain.length)
    ciphertext.set(tagOf(key, iv, bytesOf(options.additionalData), plain))
    ciphertext.set(mask(key, iv, plain), TAG_LENGTH)
    return ciphertext
  }

  /** Replaces the synchronous cipher. */
  const gcm = (raw: Uint8Array, iv: Uint8Array, additionalData: Uint8Array) => ({
    encrypt: (json: Uint8Array<ArrayBuffer>) =>
      encryptSync({ iv: iv.slice(), additionalData: additionalData.slice() }, keyOfBytes(raw), json),
  })

  const subtle = {
    generateKey: (_algorithm: object, extractable: boolean) =>
      schedule(() => new SimulatedKey(nextId(), extractable)),

    encrypt(options: CipherOptions, key: SimulatedKey, data: BufferSource): Promise<ArrayBuffer> {
      const ciphertext = encryptSync(options, key, data)
      return schedule(() => ciphertext.buffer)
    },

    importKey: (_format: 'raw', raw: BufferSource) => schedule(() => keyOfBytes(bytesOf(raw))),

    decrypt(options: CipherOptions, key: SimulatedKey, data: BufferSource): Promise<ArrayBuffer> {
      const ciphertext = bytesOf(data).slice()
      const iv = bytesOf(options.iv).slice()
      const additional = bytesOf(options.additionalData).slice()
      return schedule(() => {
        const plain = mask(key, iv, ciphertext.subarray(TAG_LENGTH))
        const tag = tagOf(key, iv, additional, plain)
        if (ciphertext.length < TAG_LENGTH || tag.some((byte, index) => byte !== ciphertext[index])) {
          throw new DOMException('The operation failed for an operation-specific reason', 'OperationError')
        }
        return plain.buffer
      })
    },

    wrapKey(_format: 'raw', key: SimulatedKey, wrapper: SimulatedKey, options: CipherOptions) {
      if (!key.extractable) throw new DOMException('The key is not extractable', 'InvalidAccessError')
      return subtle.encrypt(options, wrapper, new Uint32Array([key.id]))
    },

    async unwrapKey(
      _format: 'raw',
      wrapped: BufferSource,
      wrapper: SimulatedKey,
      options: CipherOptions,
      _algorithm: object,
      extractable: boolean,
    ) {
      const [id = 0] = new Uint32Array(await subtle.decrypt(options, wrapper, wrapped))
      return new SimulatedKey(id, extractable)
    },
  }

  function getRandomValues(bytes: Uint8Array): Uint8Array {
    for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(random() * 256)
    return bytes
  }

  const randomUUID = () => `uuid-${nextId()}`

  return { subtle, getRandomValues, randomUUID, gcm }
}

/** One character for each byte. */
const textOf = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

const keyOfBytes = (raw: Uint8Array) => new SimulatedKey(hash(0, raw), false)

function bytesOf(source: BufferSource = new ArrayBuffer(0)): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
}

/** Applying it twice restores the bytes. */
function mask(key: SimulatedKey, iv: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let state = hash(key.id + 1, iv)
  const masked = new Uint8Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    masked[index] = (bytes[index] ?? 0) ^ (state >>> 24)
  }
  return masked
}

function tagOf(key: SimulatedKey, ...parts: Uint8Array[]): Uint8Array {
  let low = key.id
  let high = ~key.id
  for (const part of parts) {
    low = hash(low ^ part.length, part)
    high = hash(high + part.length, part)
  }
  return new Uint8Array(new Uint32Array([low, high]).buffer)
}

function hash(start: number, bytes: Uint8Array): number {
  let state = (start ^ 0x811c9dc5) >>> 0
  for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193) >>> 0
  return state
}
