import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Creates a unique word. It shares no prefix with another one, because compression would replace that. */
export const canary = () => [...randomBytes(14)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')

/** Base64 of a word within a longer text. The word may start at any of three offsets, and its edges depend on the neighbouring bytes. */
function base64Forms(word: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), word])
    const first = Math.ceil((before * 4) / 3)
    return bytes.toString('base64').slice(first, Math.floor((bytes.length * 4) / 3))
  })
}

/** Byte sequences that reveal a word in UTF-8 or UTF-16, plain or in either base64 alphabet. */
function formsOf(word: string): Buffer[] {
  const plain = (['utf8', 'utf16le'] as const).map((encoding) => Buffer.from(word, encoding))
  const texts = plain
    .flatMap(base64Forms)
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')])
  const encoded = texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')])
  return [...plain, ...encoded]
}

/** A running browser may delete a file before it is read. */
function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/**
 * Finds words in the names and contents of all files of a browser profile, in UTF-8 and UTF-16, plain and in base64.
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
