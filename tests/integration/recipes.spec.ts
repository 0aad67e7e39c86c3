/** Apps created with their frameworks' own commands, with the unchanged files of a guide, and the packed package. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { preview } from 'vite'
import { expect, test } from '../e2e/fixtures.js'
import { freePort, repository } from '../e2e/support/processes.js'
import { talkOverReload } from '../e2e/support/served-app.js'
import { listens, startPeer } from '../interop/support/processes.js'
import { installApp, pack, versionsOf } from '../support/installed-app.js'

test.describe.configure({ timeout: 400_000 })

const folders: string[] = []
test.afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function run(folder: string, env: NodeJS.ProcessEnv, program: string, ...args: string[]): string {
  // Vite sets `NODE_ENV`, and npm would follow it.
  const { NODE_ENV: _, ...others } = process.env
  return execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...others, ...env },
  })
}

/** Creates an app with `npm create`, and installs the package and the guide's other dependencies. */
function createApp(creator: string, args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-recipe-'))
  folders.push(folder)
  run(folder, { NEXT_TELEMETRY_DISABLED: '1' }, 'npx', '--yes', creator, 'my-app', ...args)
  const app = join(folder, 'my-app')
  run(app, {}, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline')
  run(
    app,
    {},
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    pack(),
    '@reduxjs/toolkit',
    'react-redux',
  )
  return app
}

/** Writes the guide's code blocks that name their file in the first line. */
function writeFilesOf(page: string, app: string): string[] {
  const text = readFileSync(join(repository, page), 'utf8')
  return [...text.matchAll(/```\w+\n(\/\/ (\S+\.\w+)\n.*?)```/gs)].map(([, code = '', path = '']) => {
    mkdirSync(dirname(join(app, path)), { recursive: true })
    writeFileSync(join(app, path), code)
    return path
  })
}

test('Vite: its template app with the files of the guide', async ({ page, voiceServer }) => {
  const app = createApp('create-vite@9.3.0', ['--template', 'react-ts', '--no-interactive'])
  expect(writeFilesOf('docs/start/add-to-your-app.md', app)).toEqual(['src/main.tsx', 'vite.config.ts'])
  run(app, {}, 'npm', 'run', 'build')
  const port = await freePort()
  const server = await preview({
    root: app,
    configFile: false,
    logLevel: 'error',
    preview: { host: '127.0.0.1', port, proxy: { '/api': `http://127.0.0.1:${voiceServer.port}` } },
  })
  try {
    await page.goto(`http://127.0.0.1:${port}/`)
    await talkOverReload(page)
  } finally {
    await server.close()
  }
})

test('Next.js: the default app, with cache components and the files of the guide', async ({
  page,
  voiceServer,
}) => {
  const app = createApp('create-next-app@16.4.3', ['--yes', '--use-npm', '--disable-git', '--skip-install'])
  // On by default.
  expect(readFileSync(join(app, 'next.config.ts'), 'utf8')).toContain('cacheComponents: true')
  expect(writeFilesOf('docs/guides/next-js.md', app)).toEqual([
    'app/assistant.tsx',
    'app/layout.tsx',
    'next.config.ts',
  ])
  const env = {
    NEXT_TELEMETRY_DISABLED: '1',
    VOICE_SERVER: `http://127.0.0.1:${voiceServer.port}`,
  }
  const said = run(app, env, 'npm', 'run', 'build')
  // The page around the assistant stays static.
  expect(said).toMatch(/[○◐] \//)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const program = join(app, 'node_modules/next/dist/bin/next')
  const args = [program, 'start', app, '-p', String(port), '-H', '127.0.0.1']
  const server = await startPeer(process.execPath, args, () => listens(url), { env, timeoutMs: 60_000 })
  try {
    await page.goto(url)
    await talkOverReload(page)
  } finally {
    await server.kill()
  }
})

test("Testing Library in jsdom: the guide's test", () => {
  const app = installApp({
    dependencies: {
      ...versionsOf('@reduxjs/toolkit', 'react', 'react-dom', 'react-redux', 'vitest'),
      '@testing-library/dom': '^10.4.0',
      '@testing-library/react': '^16.3.0',
      jsdom: '^26.1.0',
    },
  })
  try {
    expect(writeFilesOf('docs/testing.md', app.folder)).toEqual(['src/assistant.test.jsx'])
    expect(app.run('npx', '--no-install', 'vitest', 'run')).toMatch(/1 passed/)
  } finally {
    app.remove()
  }
})
