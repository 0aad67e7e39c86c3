/**
 * Tests the packed package with the supported versions of Node and TypeScript: `npm run test:matrix`.
 * Each Node version imports every entry point, restores nothing and makes a scripted call.
 * Each TypeScript version compiles README's first snippet and the entry points in strict mode. Jest runs the examples in docs/testing.md.
 *
 * @packageDocumentation
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { installApp, versionsOf } from './support/installed-app.js'

const nodes = ['20.19.0', '22', '24']
/** Starts with the oldest version that RTK 2 supports. */
const typescripts = ['5.4', '5.6', '5.9', '6.0', '7.0']

const jest = 'jest@30.5.2'

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8')
const [, snippet = ''] = /```tsx\n(.*?)```/s.exec(readme) ?? []

const guide = readFileSync(resolve(import.meta.dirname, '../docs/testing.md'), 'utf8')
const blocksOf = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
/** Examples for Jest, including those that differ only by an import of globals. */
const jestExamples = [
  ...blocksOf('js'),
  ...blocksOf('ts').flatMap((code) => {
    const [before, after] = code.split("import { expect, it } from 'vitest'\n")
    return after === undefined ? [] : [`${before}${after}`]
  }),
]

const scriptedCall = `
import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import 'redux-voice-agent/react'
import 'redux-voice-agent/texts'
import 'redux-voice-agent/storage'
import 'redux-voice-agent/transports'
import 'redux-voice-agent/devtools'
import { scriptedTransport } from 'redux-voice-agent/testing'

const transport = scriptedTransport()
const voiceAgent = createVoiceAgent({
  apiEndpoint: '/api',
  transport,
  refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's' }),
  persistence: false,
})
const store = configureStore({
  reducer: { voiceAgent: voiceAgent.reducer },
  middleware: (defaults) => defaults().concat(voiceAgent.middleware),
})
await voiceAgent.agent.connect()
transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
const said = voiceAgent.selectors.selectMessages(store.getState())
if (said[0]?.text !== 'Hello') throw new Error('Nothing was heard.')
await voiceAgent.dispose()
`

const app = installApp({
  dependencies: versionsOf(
    ...['@reduxjs/toolkit', 'react', 'react-dom', 'react-redux', '@types/react', '@types/react-dom'],
  ),
})
mkdirSync(join(app.folder, 'src'))
app.write('src/main.tsx', snippet)
app.write('src/call.ts', scriptedCall)
app.write('call.mjs', scriptedCall)
mkdirSync(join(app.folder, 'jest'))
for (const [index, code] of jestExamples.entries()) app.write(`jest/example-${index + 1}.test.mjs`, code)

/** Installs a package from the registry next to the app, not into it. */
function install(specifier: string): string {
  const folder = join(app.folder, `.${specifier}`)
  execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', specifier], {
    stdio: 'pipe',
  })
  return join(folder, 'node_modules')
}

let failed = 0
function check(name: string, run: () => string) {
  try {
    console.log(`ok   ${name}: ${run().trim()}`)
  } catch (thrown) {
    failed++
    const { stdout = '', stderr = '' } = thrown as { stdout?: string; stderr?: string }
    console.log(`FAIL ${name}\n${stdout}${stderr}${stdout || stderr ? '' : String(thrown)}`)
  }
}

try {
  for (const version of nodes) {
    check(`Node ${version}`, () => {
      const node = join(install(`node@${version}`), 'node/bin/node')
      app.run(node, 'call.mjs')
      return app.run(node, '--version')
    })
  }
  for (const version of typescripts) {
    check(`TypeScript ${version}`, () => {
      const tsc = join(install(`typescript@${version}`), '.bin/tsc')
      app.run(tsc, '-p', '.')
      return app.run(tsc, '--version')
    })
  }
  check(`Jest, ${jestExamples.length} examples`, () => {
    const program = join(install(jest), 'jest/bin/jest.js')
    const config = { transform: {}, roots: ['<rootDir>/jest'], testMatch: ['**/*.test.mjs'] }
    const options = ['--json', '--config', JSON.stringify(config)]
    const report = JSON.parse(app.run('node', '--experimental-vm-modules', program, ...options))
    if (report.numPassedTests !== jestExamples.length) throw new Error('Jest did not run all of them.')
    return `${report.numPassedTests} passed`
  })
} finally {
  app.remove()
}
console.log(`Versions: ${nodes.length + typescripts.length + 1 - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
