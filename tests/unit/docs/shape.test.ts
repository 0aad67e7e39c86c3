/** The structure of a page (purpose, prerequisites, check, next pages), and readable sentences. */
import { expect, it } from 'vitest'
import { navigation } from '../../../.config/site/navigation.js'
import { blocksOf, pages, sentencesOf } from './pages.js'

const below = (...folders: string[]) =>
  pages.filter(({ path }) => folders.some((folder) => path.startsWith(`docs/${folder}/`)))

it('begins each page in a folder with its purpose, and ends it with the next pages', () => {
  for (const { path, text } of below('start', 'connect', 'guides', 'concepts', 'reference', 'about')) {
    expect(text, path).toMatch(/^# .+\n\n(?:<!--.*-->\n\n)?\*\*Purpose:\*\* /)
    expect(text.split('\n## ').at(-1), path).toMatch(/^Next\n\n- \[/)
  }
})

it('states on each task page the prerequisites, and what the reader should see', () => {
  for (const { path, text } of below('start', 'connect', 'guides')) {
    expect(text, path).toContain('\n**Before you start:** ')
    const [, check = ''] = /\n## Check\n([\s\S]*?)(?=\n## |$)/.exec(text) ?? []
    expect(check, path).toMatch(/[Yy]ou should (?:see|hear)/)
  }
})

/** Number of words in a sentence. Code and links count as one. */
const lengthOf = (sentence: string) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length
const longest = 40
/** Excludes pages that list methods and figures of measurement runs. */
const prosePages = pages.filter(
  ({ path }) => !['docs/about/measurements.md', 'docs/performance.md'].includes(path),
)

it(`has no sentence of more than ${longest} words`, () => {
  const found = prosePages.flatMap((page) =>
    blocksOf(page).flatMap(({ line, text }) =>
      sentencesOf(text)
        .filter((sentence) => lengthOf(sentence) > longest)
        .map((sentence) => `${page.path}:${line}: ${lengthOf(sentence)} words: ${sentence.slice(0, 60)}`),
    ),
  )
  expect(found).toEqual([])
})

it('has at most 17 words in a sentence, on average', () => {
  const lengths = pages.flatMap((page) =>
    blocksOf(page).flatMap(({ text }) => sentencesOf(text).map(lengthOf)),
  )
  expect(lengths.reduce((sum, length) => sum + length, 0) / lengths.length).toBeLessThan(17)
})

it('names each column of a table, because a screen reader reads the name with each cell', () => {
  const found = pages.flatMap(({ path, text }) =>
    text.split('\n').flatMap((indented, index, lines) => {
      const line = indented.trim()
      const isHead = line.startsWith('|') && /^\s*\|[-:|\s]+\|$/.test(lines[index + 1] ?? '')
      const names = isHead ? line.split('|').slice(1, -1) : []
      return names.some((name) => name.trim() === '') ? [`${path}:${index + 1}`] : []
    }),
  )
  expect(found).toEqual([])
})

it("has each page in the site's navigation", () => {
  const listed = Object.values(navigation).flatMap((names) => names.map((name) => `docs/${name}.md`))
  const written = pages
    .map(({ path }) => path)
    .filter((path) => path !== 'README.md' && path !== 'docs/index.md')
  expect(written.filter((path) => !listed.includes(path))).toEqual([])
})
