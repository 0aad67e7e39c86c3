/** Absolute words are allowed only on one page, each with the test that proves it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { blocksOf, pages, readPage, root } from './pages.js'

/** Promises about all cases. Allows words such as "each" and "only", because they mostly just describe. */
const absolute =
  /\b(?:never|always|ever|forever|impossible|guarantee[sd]?|perfectly|100 ?%|nothing (?:is|was|can be|gets?) lost|no (?:message|word|conversation) (?:is|was|can be|gets?) lost|cannot be lost|fully (?:secure|private|safe)|completely (?:secure|private|safe))\b/gi
/** A dated measurement is no promise. */
const isEvidence = (path: string) => ['docs/about/measurements.md', 'docs/performance.md'].includes(path)
const guarantees = 'docs/concepts/guarantees.md'

it('uses absolute words only for what Guarantees and limits says', () => {
  const found = pages
    .filter(({ path }) => path !== guarantees && !isEvidence(path))
    .flatMap((page) =>
      blocksOf(page).flatMap(({ line, text }) => {
        // Ignores the page's name in links to it.
        const words = text.replaceAll(/guarantees and limits/gi, '').match(absolute)
        return words ? [`${page.path}:${line}: ${words.join(', ')}: ${text.slice(0, 90)}`] : []
      }),
    )
  expect(found, `Say it without the absolute word, or move it to ${guarantees}`).toEqual([])
})

const rows = readFileSync(join(root, guarantees), 'utf8')
  .split('## Losses')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| guarantee |') && !line.startsWith('|---'))

it('names at least one existing test or run for each guarantee', () => {
  expect(rows?.length).toBeGreaterThan(15)
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const row of rows ?? []) {
    const [, claim = '', evidence = ''] = row.split('|')
    const files = [...evidence.matchAll(/`(tests\/[^`]+)`/g)].map(([, file = '']) => file)
    const runs = [...evidence.matchAll(/`npm run ([\w:]+)`/g)].map(([, run = '']) => run)
    expect(files.length, claim).toBeGreaterThan(0)
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
    expect(runs.filter((run) => !(run in scripts))).toEqual([])
  }
})

it('finds an absolute word in a paragraph, but not in code', () => {
  const matches = (text: string) => text.match(absolute)
  expect(matches('A reload never loses a word.')).toEqual(['never'])
  expect(matches('Nothing is lost.')).toEqual(['Nothing is lost'])
  const options = readPage('docs/reference/options.md')
  expect(options.text).toContain("'never'")
  expect(blocksOf(options).some(({ text }) => text.match(absolute))).toBe(false)
})
