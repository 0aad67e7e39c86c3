import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, test } from '../e2e/fixtures.js'
import { assistantOn } from '../e2e/support/assistant.js'
import { serveApp, talkOverReload } from '../e2e/support/served-app.js'
import { type InstalledApp, installApp, versionsOf } from '../support/installed-app.js'

/** Redux's own template with the counter, as published on npm. The one for Vite is in no registry. */
const template = 'cra-template-redux-typescript'

let app: InstalledApp | null = null
test.afterEach(() => {
  app?.remove()
  app = null
})

/** The unmodified template app, plus what Create React App would add: its HTML and its asset types. */
function installCounter(): InstalledApp {
  const counter = installApp({
    // The template requires RTK 1 and React Redux 8, which the package does not support.
    dependencies: {
      ...versionsOf('@reduxjs/toolkit', 'react', 'react-dom', 'react-redux'),
      ...versionsOf('@types/react', '@types/react-dom'),
      [template]: '2.0.0',
      'web-vitals': '2.1.4',
    },
  })
  const { folder, write } = counter
  for (const part of ['src', 'public'])
    cpSync(join(templateOf(folder), part), join(folder, part), { recursive: true })
  const page = readFileSync(join(folder, 'public/index.html'), 'utf8')
  rmSync(join(folder, 'public/index.html'))
  write(
    'index.html',
    page
      .replaceAll('%PUBLIC_URL%', '')
      .replace('</body>', '<script type="module" src="/src/index.tsx"></script></body>'),
  )
  write('assets.d.ts', assetTypes)
  const tsconfig = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8'))
  // Its tests use Jest.
  const exclude = ['src/**/*.test.tsx', 'src/**/*.spec.ts', 'src/setupTests.ts']
  write('tsconfig.json', JSON.stringify({ ...tsconfig, include: ['src', 'assets.d.ts'], exclude }))
  return counter
}

const templateOf = (folder: string) => join(folder, 'node_modules', template, 'template')

const assetTypes = `
declare module '*.svg' { const url: string; export default url }
declare module '*.module.css' { const names: Record<string, string>; export default names }
declare module '*.css'
`

/** The line in README's first snippet with this beginning. */
function readmeLine(beginning: string): string {
  const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
  const [, snippet = ''] = /```tsx\n(.*?)```/s.exec(readme) ?? []
  const line = snippet.split('\n').find((candidate) => candidate.trim().startsWith(beginning))
  if (line === undefined) throw new Error(`README's snippet has no line that starts with: ${beginning}`)
  return line.trim()
}

/** Replaces one line of a file. */
function replaceLine(path: string, line: string, replacement: readonly string[]): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  const at = lines.findIndex((candidate) => candidate.trim() === line)
  if (at < 0) throw new Error(`${path} has no line: ${line}`)
  const [indent = ''] = /^ */.exec(lines[at] ?? '') ?? []
  lines.splice(at, 1, ...replacement.map((text) => indent + text))
  writeFileSync(path, lines.join('\n'))
}

/** Applies README's snippet to the template. */
function addAssistant(folder: string): void {
  const store = join(folder, 'src/app/store.ts')
  replaceLine(store, "import counterReducer from '../features/counter/counterSlice';", [
    "import counterReducer from '../features/counter/counterSlice';",
    readmeLine('import { createVoiceAgent }'),
    `export ${readmeLine('const voiceAgent')}`,
  ])
  replaceLine(store, 'counter: counterReducer,', [
    'counter: counterReducer,',
    readmeLine('reducer:').replace(/^reducer: \{ (.*) \},$/, '$1,'),
  ])
  replaceLine(store, '},', ['},', readmeLine('middleware:')])

  const index = join(folder, 'src/index.tsx')
  replaceLine(index, "import { store } from './app/store';", [
    readmeLine('import { VoiceAgentProvider'),
    "import { store, voiceAgent } from './app/store';",
  ])
  replaceLine(index, '<App />', [
    readmeLine('<VoiceAgentProvider'),
    '  <App />',
    `  ${readmeLine('<WebRTCVoiceAssistant')}`,
    readmeLine('</VoiceAgentProvider'),
  ])
}

/** The added and removed lines, according to git. */
function changedLines(before: string, after: string): string[] {
  const { stdout, status } = spawnSync('git', ['diff', '--no-index', '--unified=0', before, after], {
    encoding: 'utf8',
  })
  // Exit code 1: there are differences.
  if (status !== 1) throw new Error(`git found no difference, or failed: ${status}`)
  return onlyChanges(stdout)
}

const onlyChanges = (diff: string) => diff.split('\n').filter((line) => /^[-+](?!-- |\+\+ )/.test(line))

/** The same lines as shown in the guide. */
function linesInGuide(): string[] {
  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/start/add-to-your-app.md'), 'utf8')
  const [, diff = ''] = /```diff\n(.*?)```/s.exec(guide) ?? []
  return onlyChanges(diff)
}

async function count(page: Page) {
  const value = page.locator('span', { hasText: /^\d+$/ })
  await expect(value).toHaveText('0')
  await page.getByRole('button', { name: 'Increment value' }).click()
  await expect(value).toHaveText('1')
  await page.getByRole('button', { name: 'Add If Odd' }).click()
  await expect(value).toHaveText('3')
  await page.getByRole('button', { name: 'Add Async' }).click()
  await expect(value).toHaveText('5')
}

test("Redux's counter template has a working assistant with fewer than 15 changed lines", async ({
  page,
  voiceServer,
}) => {
  test.setTimeout(180_000)
  app = installCounter()
  addAssistant(app.folder)
  const changed = changedLines(join(templateOf(app.folder), 'src'), join(app.folder, 'src'))
  expect(changed.length).toBeLessThan(15)
  expect(linesInGuide()).toEqual(changed)
  app.run('npx', '--no-install', 'tsc')
  const server = await serveApp(app.folder, voiceServer.port)
  try {
    await page.goto(server.url)
    await count(page)
    await talkOverReload(page)
    await count(page)
    const answer = await assistantOn(page).ask('Do you have sencha?')
    expect(answer.text).toMatch(/sencha/i)
  } finally {
    await server.close()
  }
})
