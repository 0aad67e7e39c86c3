import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as react from 'redux-voice-agent/react'
import { defaultTexts } from 'redux-voice-agent/texts'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache/docs')
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/**
 * The fenced blocks of TypeScript in a page. A block that names its file in its first line is put there, in the page's folder, so that the
 * others can import it.
 */
function samplesOf(page: string): { name: string; code: string }[] {
  const text = readFileSync(join(root, page), 'utf8')
  const folder = page.replaceAll(/[/.]/g, '-')
  return [...text.matchAll(/```(tsx?)\n(.*?)```/gs)].map(([, language, code = ''], index) => {
    const [, path] = /^\/\/ (\S+\.tsx?)\n/.exec(code) ?? []
    return { name: path ? `${folder}/${path}` : `${folder}-${index + 1}.${language}`, code }
  })
}

it('has only code samples that compile', { timeout: 60_000 }, () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const samples = pages.flatMap(samplesOf)
  expect(samples.length).toBeGreaterThan(3)
  for (const { name, code } of samples) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), `${code}\nexport {}\n`)
  }
  const files = samples.map(({ name }) => name)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', files, include: [] }),
  )
  execFileSync('npx', ['--no-install', 'tsc', '-p', join(folder, 'tsconfig.json')], {
    cwd: root,
    stdio: 'pipe',
  })
})

it('links only to existing files', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link)
    for (const link of links)
      expect(() => readdirOrFile(join(root, page, '..', link)), `${page}: ${link}`).not.toThrow()
  }
})

it('shows localhost addresses as code, because links to them lead nowhere on a site', () => {
  for (const page of pages) {
    const prose = readFileSync(join(root, page), 'utf8').replaceAll(/```.*?```|`[^`\n]*`/gs, '')
    expect(prose, page).not.toMatch(/https?:\/\/(localhost|127\.)/)
  }
})

/** Ids of a page's headings, as GitHub and the site make them. */
function headingsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/```.*?```/gs, '')
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

it('links only to existing headings', () => {
  const links = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8')
    return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, path = '', id = '']) => ({
      page,
      target: path === '' ? page : join(page, '..', path),
      id,
    }))
  })
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter(({ target, id }) => !headingsOf(target).includes(id))).toEqual([])
})

const components = readFileSync(join(root, 'docs/components.md'), 'utf8')

it('describes every part of the assistant in its own row', () => {
  const parts = Object.keys(react).filter((name) => name.startsWith('VoiceAssistant'))
  const rows = [...components.matchAll(/^\| `(VoiceAssistant\w+)` \|/gm)].map(([, name]) => name)
  expect(rows.toSorted()).toEqual(parts.toSorted())
})

it('says for every status when it is shown', () => {
  const [, section = ''] = /## Each state, in words\n(.*?)(\n## |$)/s.exec(components) ?? []
  const words = [...section.matchAll(/^\|[^|]*\| \*(.*?)\* \|/gm)].map(([, word]) => word)
  expect(words.toSorted()).toEqual(Object.values(defaultTexts.status).toSorted())
})

function readdirOrFile(path: string): void {
  try {
    readdirSync(path)
  } catch {
    readFileSync(path)
  }
}
