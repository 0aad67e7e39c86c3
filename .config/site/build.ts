/**
 * Builds the documentation site from docs/ and the docstrings into .cache/site/public: `npm run docs`. `--guides` leaves out the API;
 * `--api` only checks that TypeDoc finds each type that the API names.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { navigation } from './navigation.js'

const root = resolve(import.meta.dirname, '../..')
const site = resolve(root, '.cache/site')
const source = resolve(site, 'source')
const run = (program: string, ...args: string[]) =>
  execFileSync('npx', ['--no-install', program, ...args], { cwd: import.meta.dirname, stdio: 'inherit' })

const [only] = process.argv.slice(2)
if (only === '--api') {
  run('typedoc', '--emit', 'none')
  process.exit()
}

rmSync(site, { recursive: true, force: true })
cpSync(resolve(root, 'docs'), source, { recursive: true })

const titleOf = (page: string) => /^# (.*)$/m.exec(readFileSync(page, 'utf8'))?.[1] ?? basename(page)
const decisions = readdirSync(resolve(source, 'decisions'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `- [${titleOf(resolve(source, 'decisions', name))}](${name})`)
writeFileSync(
  resolve(source, 'decisions/index.md'),
  `# Decisions\n\nWhy it is built as it is.\n\n${decisions.join('\n')}\n`,
)
if (only === '--guides') mkdirSync(resolve(source, 'api'))
else run('typedoc')
run('vitepress', 'build', '.')
writeForLanguageModels()

/** Writes llms.txt, an index for language models (llmstxt.org), and each page as Markdown beside its HTML. */
function writeForLanguageModels(): void {
  const output = resolve(site, 'public')
  const sections = Object.entries(navigation).map(([section, pages]) => {
    const lines = pages.flatMap((page) => {
      const file = resolve(source, `${page}.md`)
      if (!existsSync(file)) return []
      mkdirSync(dirname(resolve(output, `${page}.md`)), { recursive: true })
      cpSync(file, resolve(output, `${page}.md`))
      return [`- [${titleOf(file)}](/${page}.md): ${purposeOf(file)}`]
    })
    return `## ${section}\n\n${lines.join('\n')}\n`
  })
  const summary =
    'Voice conversations with an AI agent over WebRTC in a Redux store, that survive a reload: slices, middleware, encrypted storage in the browser, and a React component.'
  writeFileSync(resolve(output, 'llms.txt'), `# redux-voice-agent\n\n> ${summary}\n\n${sections.join('\n')}`)
}

/** Returns a page's purpose on one line: its *Purpose*, or else its first paragraph. */
function purposeOf(file: string): string {
  const text = readFileSync(file, 'utf8')
  const [, purpose] =
    /\n\*\*Purpose:\*\* ([\s\S]*?)\n\n/.exec(text) ?? /^# .+\n\n([\s\S]*?)\n\n/.exec(text) ?? []
  return (purpose ?? '').replace(/\s+/g, ' ').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
}
