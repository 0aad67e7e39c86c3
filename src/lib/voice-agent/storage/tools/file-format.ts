import type { FileOptions } from '../../../../../middleware/drivers/storage/ports.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { check, checkObjects, isName } from '../../options/check-options.js'
import { MAX_ITERATIONS } from '../keys/passphrase-key.js'

/** Bytes. Its type is derived, because TypeScript before 5.7 can't read a generic `Uint8Array`. */
export type Bytes = ReturnType<Uint8Array['slice']>

/**
 * Version of the file format, described in docs/reference/file-format.md. Files with a higher version are refused with `file-newer`.
 */
const FILE_VERSION = 1

/** Identifies the file type. Its line ends and first byte reveal a transfer in text mode, which changes them. */
const MAGIC = [0x89, 0x52, 0x56, 0x41, 0x0d, 0x0a, 0x1a, 0x0a]
/** Id of PBKDF2-HMAC-SHA-256 in a header. */
const KDF = 1
/** Rounds for new files, as for a passphrase of `createPassphraseKeyProvider`. */
const ITERATIONS = 600_000

const HEADER = { version: 8, kdf: 10, iterations: 12, salt: 16, check: 32, digest: 48, length: 64 }
/** Bytes before each chunk: 1 for the last chunk, otherwise 0, then the length of its ciphertext. */
const PREFIX_LENGTH = 5
const TAG_LENGTH = 16
/** Plain bytes per chunk. The last chunk may have fewer. */
const CHUNK_LENGTH = 262_144

const encoder = new TextEncoder()

export const fileErrors = {
  damaged: () => new VoiceAgentError('file-damaged'),
  truncated: () => new VoiceAgentError('file-truncated'),
  newer: () => new VoiceAgentError('file-newer'),
  passphrase: () => new VoiceAgentError('passphrase-wrong'),
}

/** @throws VoiceAgentError `invalid-option` */
export function checkFileOptions(options: FileOptions): FileOptions {
  checkObjects({ options })
  check({ 'options.passphrase': options.passphrase }, isName, 'a non-empty string')
  return options
}

async function deriveKey(passphrase: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  // Keyboards and systems encode the same letter in different ways.
  const bytes = encoder.encode(passphrase.normalize('NFC'))
  const base = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    base,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
}

/** Uses an IV for the check that no chunk uses. */
const checkAlgorithm = (header: Bytes) => ({
  name: 'AES-GCM',
  iv: new Uint8Array(12).fill(0xff),
  additionalData: header.slice(0, HEADER.check),
})

/** The IV is the chunk's number, because each file has a new key. Authenticates the header, the position and the end mark of a chunk. */
function chunkAlgorithm(header: Bytes, index: number, isLast: boolean) {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setUint32(8, index)
  const additionalData = new Uint8Array(HEADER.length + 5)
  additionalData.set(header)
  const view = new DataView(additionalData.buffer)
  view.setUint32(HEADER.length, index)
  view.setUint8(HEADER.length + 4, Number(isLast))
  return { name: 'AES-GCM', iv, additionalData }
}

async function digestOf(header: Bytes): Promise<Bytes> {
  const digest = await crypto.subtle.digest('SHA-256', header.slice(0, HEADER.digest))
  return new Uint8Array(digest, 0, HEADER.length - HEADER.digest)
}

const isSame = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length && Array.from(a).every((byte, index) => byte === b[index])

/** Encrypts bytes into a file as they arrive. */
export interface FileWriter {
  write(bytes: Bytes): Promise<void>
  /** Ends the file. */
  finish(): Promise<Blob>
}

export async function createFileWriter(
  passphrase: string,
  iterations: number = ITERATIONS,
): Promise<FileWriter> {
  const header: Bytes = new Uint8Array(HEADER.length)
  const view = new DataView(header.buffer)
  const salt: Bytes = crypto.getRandomValues(new Uint8Array(HEADER.check - HEADER.salt))
  header.set(MAGIC)
  view.setUint16(HEADER.version, FILE_VERSION)
  view.setUint16(HEADER.kdf, KDF)
  view.setUint32(HEADER.iterations, iterations)
  header.set(salt, HEADER.salt)
  const key = await deriveKey(passphrase, salt, iterations)
  const check = await crypto.subtle.encrypt(checkAlgorithm(header), key, new Uint8Array())
  header.set(new Uint8Array(check), HEADER.check)
  header.set(await digestOf(header), HEADER.digest)

  // One blob per chunk, because the browser stores blobs outside the page's memory.
  const parts: Blob[] = [new Blob([header])]
  const buffer: Bytes = new Uint8Array(CHUNK_LENGTH)
  let filled = 0

  async function addChunk(isLast: boolean): Promise<void> {
    const algorithm = chunkAlgorithm(header, parts.length - 1, isLast)
    const data = await crypto.subtle.encrypt(algorithm, key, buffer.slice(0, filled))
    const prefix = new DataView(new ArrayBuffer(PREFIX_LENGTH))
    prefix.setUint8(0, Number(isLast))
    prefix.setUint32(1, data.byteLength)
    parts.push(new Blob([prefix, data]))
    filled = 0
  }

  return {
    async write(bytes) {
      for (let start = 0; start < bytes.length; ) {
        // Keeps a full chunk until more bytes follow, because it may be the last.
        if (filled === CHUNK_LENGTH) await addChunk(false)
        const taken = bytes.subarray(start, start + CHUNK_LENGTH - filled)
        buffer.set(taken, filled)
        filled += taken.length
        start += taken.length
      }
    },
    async finish() {
      await addChunk(true)
      return new Blob(parts, { type: 'application/octet-stream' })
    },
  }
}

/** A file that the passphrase opens. */
export interface OpenedFile {
  /**
   * Decrypts the content from the start, one chunk at a time.
   *
   * @throws VoiceAgentError `file-truncated`, `file-damaged`
   */
  read(): AsyncGenerator<Bytes>
}

async function bytesOf(file: Blob, start: number, end: number): Promise<Bytes> {
  try {
    return new Uint8Array(await file.slice(start, end).arrayBuffer())
  } catch {
    // The file on the user's disk was removed or changed meanwhile. The browser's error may contain its name.
    throw fileErrors.damaged()
  }
}

/** @throws VoiceAgentError `passphrase-wrong`, `file-truncated`, `file-damaged`, `file-newer` */
export async function openFile(file: Blob, passphrase: string): Promise<OpenedFile> {
  const header = await bytesOf(file, 0, HEADER.length)
  if (!isSame(header.slice(0, MAGIC.length), MAGIC.slice(0, header.length)) || header.length === 0)
    throw fileErrors.damaged()
  if (header.length < HEADER.kdf) throw fileErrors.truncated()
  const view = new DataView(header.buffer)
  if (view.getUint16(HEADER.version) > FILE_VERSION) throw fileErrors.newer()
  if (header.length < HEADER.length) throw fileErrors.truncated()
  const iterations = view.getUint32(HEADER.iterations)
  const isKnown = view.getUint16(HEADER.version) === FILE_VERSION && view.getUint16(HEADER.kdf) === KDF
  const isPossible = iterations > 0 && iterations <= MAX_ITERATIONS
  // Without this check, a damaged header would look like a wrong passphrase.
  const isWhole = isSame(await digestOf(header), header.slice(HEADER.digest))
  if (!isKnown || !isPossible || !isWhole) throw fileErrors.damaged()

  const key = await deriveKey(passphrase, header.slice(HEADER.salt, HEADER.check), iterations)
  const check = header.slice(HEADER.check, HEADER.digest)
  await crypto.subtle.decrypt(checkAlgorithm(header), key, check).catch(() => {
    throw fileErrors.passphrase()
  })

  async function readChunk(start: number, index: number) {
    const prefix = await bytesOf(file, start, start + PREFIX_LENGTH)
    if (prefix.length < PREFIX_LENGTH) throw fileErrors.truncated()
    const fields = new DataView(prefix.buffer)
    const [mark, length] = [fields.getUint8(0), fields.getUint32(1)]
    const isLast = mark === 1
    const most = CHUNK_LENGTH + TAG_LENGTH
    if (mark > 1 || length < TAG_LENGTH || length > most || (!isLast && length < most))
      throw fileErrors.damaged()
    const end = start + PREFIX_LENGTH + length
    const data = await bytesOf(file, start + PREFIX_LENGTH, end)
    if (data.length < length) throw fileErrors.truncated()
    const algorithm = chunkAlgorithm(header, index, isLast)
    const plain = await crypto.subtle.decrypt(algorithm, key, data).catch(() => {
      throw fileErrors.damaged()
    })
    return { bytes: new Uint8Array(plain), isLast, end }
  }

  return {
    async *read() {
      let start = HEADER.length
      for (let index = 0; ; index++) {
        const { bytes, isLast, end } = await readChunk(start, index)
        yield bytes
        start = end
        if (!isLast) continue
        if (end !== file.size) throw fileErrors.damaged()
        return
      }
    },
  }
}
