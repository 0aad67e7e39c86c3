/** Builds the documentation's site from docs/ and the docstrings into .cache/site/public: `npm run docs`. */
import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const site = resolve(root, '.cache/site')
const source = resolve(site, 'source')
const run = (program: string, ...args: string[]) =>
  execFileSync('npx', ['--no-install', program, ...args], { cwd: import.meta.dirname, stdio: 'inherit' })

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
run('typedoc')
run('vitepress', 'build', '.')
