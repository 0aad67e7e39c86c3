import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, preview } from 'vite'
import { expect, test } from './fixtures.js'
import { assistantOn } from './support/assistant.js'
import { freePort, repository } from './support/processes.js'

const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
const versionsOf = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, devDependencies[name]]))

/** An empty Vite, React and RTK app with the packed package installed, and README's first snippet for its code. */
function createApp(): string {
  const app = mkdtempSync(join(tmpdir(), 'redux-voice-agent-app-'))
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: app, stdio: 'pipe', encoding: 'utf8' })
  const packed = execFileSync('npm', ['pack', '--pack-destination', app, '--silent'], {
    cwd: repository,
    encoding: 'utf8',
  })
  const tarball = packed.trim().split('\n').at(-1) ?? ''
  const write = (path: string, content: string) => writeFileSync(join(app, path), content)
  mkdirSync(join(app, 'src'))
  write(
    'package.json',
    JSON.stringify({
      name: 'empty-app',
      private: true,
      type: 'module',
      dependencies: {
        'redux-voice-agent': `file:${tarball}`,
        ...versionsOf('@reduxjs/toolkit', 'react', 'react-dom', 'react-redux'),
      },
      devDependencies: versionsOf('typescript', '@types/react', '@types/react-dom'),
    }),
  )
  write(
    'index.html',
    '<!doctype html><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/src/main.tsx"></script>',
  )
  const [, snippet = ''] = /```tsx\n(.*?)```/s.exec(readFileSync(join(repository, 'README.md'), 'utf8')) ?? []
  write('src/main.tsx', snippet)
  write(
    'src/entry-points.ts',
    `import { createVoiceAgent, type VoiceAgent } from 'redux-voice-agent'
import { devToolsOptions } from 'redux-voice-agent/devtools'
import { useWebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { createEncryptedStorage } from 'redux-voice-agent/storage'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { smallWebRtcTransport } from 'redux-voice-agent/transports'

const agent: VoiceAgent<'voiceAgent'> = createVoiceAgent({ apiEndpoint: '/api', transport: scriptedTransport() })
export { agent, createEncryptedStorage, devToolsOptions, smallWebRtcTransport, useWebRTCVoiceAssistant }
`,
  )
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'ES2022',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    module: 'ESNext',
    moduleResolution: 'bundler',
    jsx: 'react-jsx',
    types: [],
  }
  write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }))
  run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
  run('npx', '--no-install', 'tsc')
  // Node resolves and evaluates the entry points as well: there is no browser while a server renders.
  const entries = ['', '/react', '/storage', '/transports', '/devtools', '/testing']
  const imports = entries.map((entry) => `await import('redux-voice-agent${entry}')`).join(';')
  run('node', '--input-type=module', '--eval', imports)
  return app
}

test('the packed package works in an empty app from the snippet of the README alone', async ({
  page,
  voiceServer,
}) => {
  test.setTimeout(180_000)
  const app = createApp()
  const port = await freePort()
  await build({ root: app, logLevel: 'warn' })
  const server = await preview({
    root: app,
    logLevel: 'warn',
    preview: { host: '127.0.0.1', port, proxy: { '/api': `http://127.0.0.1:${voiceServer.port}` } },
  })
  try {
    await page.goto(`http://127.0.0.1:${port}/`)
    const assistant = assistantOn(page)
    await assistant.start()
    await assistant.say('What teas do you have?')
    await page.reload()
    await expect(assistant.restoredNotice.first()).toBeVisible()
    const typed = assistant.log.locator('[data-role="user"]').filter({ hasText: 'What teas do you have?' })
    await expect(typed).toHaveCount(1)
    await assistant.isConnected()
  } finally {
    await server.close()
    rmSync(app, { recursive: true })
  }
})
