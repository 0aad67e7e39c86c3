import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../e2e/fixtures.js'
import { repository } from '../e2e/support/processes.js'
import { serveApp, talkOverReload } from '../e2e/support/served-app.js'
import { type InstalledApp, installApp, versionsOf } from '../support/installed-app.js'

/** An empty app whose code is README's first snippet. */
function createApp(): InstalledApp {
  const app = installApp({
    dependencies: versionsOf(
      ...['@reduxjs/toolkit', 'react', 'react-dom', 'react-redux', '@types/react', '@types/react-dom'],
    ),
  })
  const { write, run } = app
  mkdirSync(join(app.folder, 'src'))
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
  run('npx', '--no-install', 'tsc')
  // Node must resolve and evaluate the entry points too, because servers render without a browser.
  const entries = [
    '',
    '/react',
    '/texts',
    '/storage',
    '/passkey',
    '/passkey/react',
    '/mirror',
    '/analytics',
    '/backup',
    '/backup/react',
    '/share',
    '/share/people',
    '/share/react',
    '/transports',
    '/storage/stores',
    '/transports/livekit',
    '/devtools',
    '/testing',
  ]
  const imports = entries.map((entry) => `await import('redux-voice-agent${entry}')`).join(';')
  run('node', '--input-type=module', '--eval', imports)
  return app
}

/** Modules in the installed package that are built for development, or reveal the machine that built them. */
function builtForDevelopment({ folder }: InstalledApp): string[] {
  const dist = join(folder, 'node_modules/redux-voice-agent/dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.js'),
  )
  expect(files).toContain('react.js')
  return files.filter((path) => {
    const code = readFileSync(join(dist, path), 'utf8')
    return code.includes('jsx-dev-runtime') || code.includes(repository)
  })
}

test("the packed package works in an empty app with only the README's snippet", async ({
  page,
  voiceServer,
}) => {
  test.setTimeout(180_000)
  const app = createApp()
  expect(builtForDevelopment(app)).toEqual([])
  const served = await serveApp(app.folder, voiceServer.port)
  try {
    await page.goto(served.url)
    await talkOverReload(page)
  } finally {
    await served.close()
    app.remove()
  }
})
