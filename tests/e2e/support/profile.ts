import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Finds words in the files of a browser's profile, in UTF-8 or UTF-16. Returns "file: word". */
export function findOnDisk(profile: string, words: readonly string[]): string[] {
  const needles = words.flatMap((word) =>
    (['utf8', 'utf16le'] as const).map((encoding) => ({ word, bytes: Buffer.from(word, encoding) })),
  )
  const found = new Set<string>()
  for (const entry of readdirSync(profile, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const content = readFileSync(path)
    for (const { word, bytes } of needles) {
      if (content.includes(bytes)) found.add(`${relative(profile, path)}: ${word}`)
    }
  }
  return [...found]
}
