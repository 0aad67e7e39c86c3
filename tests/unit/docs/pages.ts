import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../../..')

export interface Page {
  /** Path relative to the repository root. */
  path: string
  text: string
  /** The text with code blocks, diagrams, comments and code spans blanked out, so that lines and offsets stay the same. */
  prose: string
}

const blank = (text: string) => text.replace(/[^\n]/g, ' ')

export function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  const prose = text
    .replace(/^---\n[\s\S]*?\n---\n/, blank)
    .replace(/^[ \t]*(```+)[\s\S]*?\n[ \t]*\1[ \t]*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/`[^`\n]+`/g, (code) => '_'.repeat(code.length))
    .replace(/(?<=\])\([^)\s]*\)/g, (link) => '_'.repeat(link.length))
  return { path, text, prose }
}

/** README and the guides. Decisions are excluded, because they are dated developer notes. */
export const pages: Page[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('decisions'))
    .map((name) => `docs/${name}`)
    .toSorted(),
].map(readPage)

/** Paragraphs, list items and table cells, with their first line. */
export function blocksOf({ prose }: Page): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = []
  let start = 0
  const boundary = /\n\s*\n|\n(?=[ \t]*(?:[-*+]|\d+\.|#+|>|\|)[ \t])|(?<!\\)\|/g
  const add = (from: number, to: number) => {
    const text = prose.slice(from, to)
    if (/\w/.test(text))
      found.push({
        line: prose.slice(0, from + text.search(/\S/)).split('\n').length,
        text: text.replace(/\s+/g, ' ').trim(),
      })
  }
  for (const { index, 0: gap } of prose.matchAll(boundary)) {
    add(start, index)
    start = index + gap.length
  }
  add(start, prose.length)
  return found
}

/** Splits a block into sentences. */
export const sentencesOf = (text: string): string[] =>
  text.split(/(?<=[.!?:;]["'”)*_]*)\s+(?=["'“(*_]*[A-Z_])/).filter((sentence) => /[A-Za-z]/.test(sentence))
