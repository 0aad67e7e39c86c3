import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** A word that is nowhere else. Its letters have no beginning in common with another one, which compression would replace. */
export const canary = () => [...randomBytes(14)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')

/** Base64 of a word within a longer text: it begins at one of three places in a group of three bytes. The edges depend on the neighbours. */
function base64Forms(word: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), word])
    const first = Math.ceil((before * 4) / 3)
    return bytes.toString('base64').slice(first, Math.floor((bytes.length * 4) / 3))
  })
}

/** Byte sequences by which a word is found in UTF-8 or UTF-16, as it is or in base64 of either alphabet. */
function formsOf(word: string): Buffer[] {
  const plain = (['utf8', 'utf16le'] as const).map((encoding) => Buffer.from(word, encoding))
  const texts = plain
    .flatMap(base64Forms)
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  const encoded = texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')])
  return [...plain, ...encoded]
}

/** Unpacks a block of LZ4, in which Firefox stores its sessions: a magic number of 8 bytes, the size in 4, the sequences. */
function unpack(packed: Buffer): Buffer {
  const output = Buffer.alloc(packed.readUInt32LE(8))
  let from = 12
  let to = 0
  const lengthOf = (nibble: number) => {
    let length = nibble
    for (let more = nibble === 15; more; ) {
      const byte = packed.readUInt8(from++)
      length += byte
      more = byte === 255
    }
    return length
  }
  while (from < packed.length) {
    const token = packed.readUInt8(from++)
    const literals = lengthOf(token >> 4)
    packed.copy(output, to, from, from + literals)
    from += literals
    to += literals
    if (from >= packed.length) break
    const distance = packed.readUInt16LE(from)
    from += 2
    // A match may overlap with its own output, so it is copied byte by byte.
    for (let left = lengthOf(token & 15) + 4; left > 0; left--, to++) output[to] = output[to - distance] ?? 0
  }
  return output
}

/** A file may be gone, or half written, when it is read while its browser runs. */
function read(path: string): Buffer {
  try {
    const content = readFileSync(path)
    return /lz4/.test(path) ? unpack(content) : content
  } catch {
    return Buffer.alloc(0)
  }
}

/**
 * Finds words in the names and contents of all files of a browser's profile: in UTF-8 and UTF-16, as they are and in base64. Firefox's
 * packed sessions are unpacked.
 * Returns "file: word".
 */
export function findOnDisk(profile: string, words: readonly string[]): string[] {
  const needles = words.flatMap((word) => formsOf(word).map((bytes) => ({ word, bytes })))
  const found = new Set<string>()
  for (const entry of readdirSync(profile, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(profile, path)
    const content = Buffer.concat([Buffer.from(`${name}\0`), read(path)])
    for (const { word, bytes } of needles) {
      if (content.includes(bytes)) found.add(`${name}: ${word}`)
    }
  }
  return [...found]
}
