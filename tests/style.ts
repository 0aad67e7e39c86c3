/** Finds words and sentences that make comments, docs and texts hard to read. Pass paths to check other files than the clean folders. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'

/** Folders and files whose English is already plain. `npm run check` keeps them plain. Add yours once the lint finds nothing in it. */
export const cleanFolders = [
  'store',
  'middleware',
  'src',
  'storybook',
  'examples',
  'tests',
  '.config',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
]

/** Quotes bad English on purpose. */
const ownTest = 'tests/unit/style.test.ts'

const longestSentence = 25
const codeFile = /\.(ts|tsx|mts|cts|js|mjs|jsx)$/
const checkedFile = /\.(ts|tsx|mts|cts|js|mjs|jsx|css|md)$/
const ignoredFolder = /^(node_modules|dist|\.git|\.cache|storybook-static|test-results)$/

/** First words that make a sentence cryptic, and plain alternatives. Questions may begin with them. */
const firstWords: Record<string, string> = {
  what: 'name the thing, or begin with a verb',
  whether: '"True if …", "Checks that …", or a name that says it',
  who: 'name the subject: the user, the page, the agent',
  whoever: 'name the subject: the user, the page, the agent',
  of: 'put the subject first',
  those: 'repeat the noun',
  that: 'repeat the noun',
  where: '"If …"',
  but: '"Exception: …", or join it to the sentence before',
}

/** Words and phrases that are not technical English, and their replacements. */
const phrases: [pattern: RegExp, instead: string][] = [
  [/\bnobody\b/gi, 'name the subject, or "no one"'],
  [/\bsomebody\b/gi, 'name the subject: the user, another tab'],
  [/\bwhoever\b/gi, 'name the subject: the user, the caller'],
  [/\bany ?more\b/gi, '"no longer"'],
  [/\b(?:is|are|be|was|were|gets?) told of\b/gi, '"is notified of", "receives"'],
  [/\blet(?:s|ting)? go of\b/gi, '"releases", "drops"'],
  [/\b(?:go|goes|going|gone|went) on\b/gi, '"continues"'],
  [
    /\b(?:could|can|can't|cannot|could not|couldn't) (?:not )?be had\b/gi,
    '"is not available", "couldn\'t get …"',
  ],
  [/\bby (?:it|them)sel(?:f|ves)\b/gi, '"automatically", "alone"'],
  [/\bat once\b/gi, '"immediately", "in one request", "together"'],
  [/\banew\b/gi, '"again"'],
  [/\bof the app's(?=\s*(?:[.,;:)]|$))/gi, '"the app\'s …"'],
  [/\b(?:seal|seals|sealed|sealing)\b/gi, '"encrypt"'],
  [/\b(?:unseal|unseals|unsealed|unsealing)\b/gi, '"decrypt"'],
]

export interface Fault {
  line: number
  /** The word or the beginning of the sentence. */
  found: string
  instead: string
}

type Kind = 'jsdoc' | 'comment' | 'markdown' | 'string'

/** A run of prose and its position in the file. */
interface Prose {
  kind: Kind
  text: string
  offset: number
}

const blank = (text: string) => text.replace(/[^\n]/g, ' ')
const fill = (text: string) => text.replace(/[^\n]/g, '_')

/** Replaces code, links and addresses with underscores of the same length, so that they count as one word and are not checked. */
function hideCode(text: string): string {
  return text
    .replace(/(`+)[^`]+\1/g, fill)
    .replace(/\{@\w+[^}]*\}/g, fill)
    .replace(/(?<=\])\([^)\s]*\)/g, fill)
    .replace(/https?:\S+/g, fill)
}

/** Splits prose at each match of `boundary`, which is dropped. */
function splitAt({ kind, text, offset }: Prose, boundary: RegExp): Prose[] {
  const parts: Prose[] = []
  let start = 0
  for (const match of text.matchAll(boundary)) {
    parts.push({ kind, text: text.slice(start, match.index), offset: offset + start })
    start = match.index + match[0].length
  }
  parts.push({ kind, text: text.slice(start), offset: offset + start })
  return parts
}

/** Paragraph breaks, starts of list items and headings, and table cell borders. */
const blocks = /\n\s*\n|(?<=^|\n)[ \t]*(?:[-*+]|\d+\.|#+|>|\|)[ \t]+|[ \t]*\|[ \t]*/g
/** JSDoc tags, including the name after `@param` and the code or class after `@throws`. */
const tags = /(?<=^|\n)[ \t]*@(?:param[ \t]+\S+|throws[ \t]+\S+|\w+)/g

function proseOf(kind: Kind, text: string, offset: number): Prose[] {
  const prose = { kind, text: hideCode(text), offset }
  const parts = kind === 'jsdoc' ? splitAt(prose, tags) : [prose]
  return parts.flatMap((part) => splitAt(part, blocks)).filter(({ text }) => /\w/.test(text))
}

/** Text of a JSDoc comment without stars and examples. Every character keeps its position. */
function jsdocText(value: string): string {
  return value
    .slice(1)
    .replace(/\n[ \t]*\*(?!\/)/g, (start) => `\n${' '.repeat(start.length - 1)}`)
    .replace(/(?<=^|\n)([ \t]*)@example[\s\S]*?(?=\n[ \t]*@\w|$)/g, blank)
}

interface Comment {
  type: 'Line' | 'Block'
  value: string
  start: number
  end: number
}

/** Joins consecutive line comments, because they are read as one. */
function joinLines(code: string, comments: readonly Comment[]): Prose[] {
  const joined: Prose[] = []
  let end = -1
  for (const comment of comments) {
    const text = comment.type === 'Line' ? comment.value : comment.value.replace(/^\*/, '')
    const last = joined.at(-1)
    if (comment.type === 'Block' && comment.value.startsWith('*'))
      joined.push({ kind: 'jsdoc', text: jsdocText(comment.value), offset: comment.start + 3 })
    else if (last && comment.type === 'Line' && /^\n[ \t]*$/.test(code.slice(end, comment.start)))
      last.text += `${blank(code.slice(end, comment.start))}  ${text}`
    else joined.push({ kind: 'comment', text, offset: comment.start + 2 })
    end = comment.type === 'Line' ? comment.end : -1
  }
  return joined
}

/** Collects strings and templates that are long enough to be sentences. */
function stringsOf(node: unknown, found: Prose[] = []): Prose[] {
  if (Array.isArray(node)) for (const child of node) stringsOf(child, found)
  else if (typeof node === 'object' && node !== null && 'type' in node) {
    const { type, value, start } = node as { type: string; value?: unknown; start: number }
    const text = type === 'TemplateElement' ? (value as { raw: string }).raw : value
    const isText = type === 'Literal' || type === 'TemplateElement'
    if (isText && typeof text === 'string' && /(?:\S+\s+){3}\S/.test(text))
      found.push({ kind: 'string', text, offset: start })
    for (const child of Object.values(node)) stringsOf(child, found)
  }
  return found
}

function proseOfCode(path: string, code: string): Prose[] {
  const { comments, program, errors } = parseSync(path, code)
  if (errors.length > 0) throw new Error(`${path} must be TypeScript or JavaScript: ${errors[0]?.message}`)
  return [...joinLines(code, comments as Comment[]), ...stringsOf(program)].flatMap(
    ({ kind, text, offset }) => proseOf(kind, text, offset),
  )
}

function proseOfMarkdown(markdown: string): Prose[] {
  const withoutCode = markdown
    .replace(/^([ \t]*)(```+).*\n[\s\S]*?\n\1\2[ \t]*$/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
  return proseOf('markdown', withoutCode, 0)
}

function proseOfStyles(css: string): Prose[] {
  return [...css.matchAll(/\/\*([\s\S]*?)\*\//g)].flatMap(({ 1: text = '', index }) =>
    proseOf('comment', text, index + 2),
  )
}

const abbreviation = /(?:\be\.g|\bi\.e|\bvs|\bcf)\.$/

/** Splits a text into sentences. A sentence begins only with a capital letter, code or a quotation. */
function sentencesOf(text: string): { text: string; offset: number }[] {
  const found: { text: string; offset: number }[] = []
  let start = 0
  for (const { index, 0: gap } of text.matchAll(/(?<=[.!?:]["'”)*_]*)\s+(?=["'“(*_]*[A-Z_])/g)) {
    if (abbreviation.test(text.slice(start, index))) continue
    found.push({ text: text.slice(start, index), offset: start })
    start = index + gap.length
  }
  found.push({ text: text.slice(start), offset: start })
  return found
}

function faultsOf({ kind, text, offset }: Prose): { offset: number; found: string; instead: string }[] {
  const faults: { offset: number; found: string; instead: string }[] = []
  for (const [pattern, instead] of phrases) {
    for (const { 0: found, index } of text.matchAll(pattern)) {
      // Name of a column in the size tables.
      if (/^\s*at once\s*$/.test(text)) continue
      faults.push({ offset: offset + index, found, instead })
    }
  }
  for (const sentence of sentencesOf(text)) {
    const { 0: lead = '', 1: first = '' } = /^[\s"'“(*_—–-]*(?<![_])([A-Za-z']+)/.exec(sentence.text) ?? []
    const at = offset + sentence.offset + lead.length - first.length
    const instead = firstWords[first.toLowerCase()]
    const isSentence = kind !== 'string' || /^[A-Z]/.test(first)
    if (instead && isSentence && !/\?["'”)*_]*\s*$/.test(sentence.text))
      faults.push({ offset: at, found: `${first} … (first word)`, instead })
    const words = sentence.text.split(/\s+/).filter((word) => /\w/.test(word))
    if (kind === 'jsdoc' && words.length > longestSentence)
      faults.push({
        offset: at,
        found: `${words.slice(0, 4).join(' ')} … (${words.length} words)`,
        instead: `at most ${longestSentence} words: two sentences, or less`,
      })
  }
  return faults
}

/** Finds a doc comment directly above another one: its function was moved, or another one was inserted between them. */
function strayDocsOf(code: string): ReturnType<typeof faultsOf> {
  return [...code.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*\*\/(?=[ \t]*\n\s*\/\*\*)/g)].map(({ index }) => ({
    offset: index,
    found: 'a doc comment above another',
    instead: 'move it to what it describes',
  }))
}

/** @param path Its extension selects how the text is parsed: code, styles or Markdown. */
export function findFaults(path: string, text: string): Fault[] {
  let prose: Prose[]
  if (path.endsWith('.md')) prose = proseOfMarkdown(text)
  else if (codeFile.test(path)) prose = proseOfCode(path, text)
  else prose = proseOfStyles(text)
  return [...prose.flatMap(faultsOf), ...(codeFile.test(path) ? strayDocsOf(text) : [])]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, found, instead }) => ({
      line: text.slice(0, offset).split('\n').length,
      found,
      instead,
    }))
}

/** Lists all files below a path that contain prose. @throws Error if the path doesn't exist */
function filesBelow(path: string): string[] {
  if (statSync(path).isFile()) return checkedFile.test(path) ? [path] : []
  return readdirSync(path).flatMap((name) => (ignoredFolder.test(name) ? [] : filesBelow(join(path, name))))
}

function checkPaths(paths: readonly string[]): number {
  const files = paths.flatMap(filesBelow).filter((file) => file !== ownTest)
  let count = 0
  for (const file of files) {
    for (const { line, found, instead } of findFaults(file, readFileSync(file, 'utf8'))) {
      count++
      console.log(`${file}:${line}: ${found} -> ${instead}`)
    }
  }
  console.log(`Plain English: ${files.length} files, ${count} faults`)
  return count
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const given = process.argv.slice(2)
  process.exit(checkPaths(given.length > 0 ? given : cleanFolders) === 0 ? 0 : 1)
}
