import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from '../e2e/fixtures.js'
import { buildFor } from '../e2e/support/build-for.js'
import { freePort } from '../e2e/support/processes.js'
import { serveApp, talkOverReload } from '../e2e/support/served-app.js'
import { type InstalledApp, installApp, versionsOf } from '../support/installed-app.js'

const sourceOf = (name: string) => resolve(import.meta.dirname, name)
const reactNow = versionsOf('react', 'react-dom', '@types/react', '@types/react-dom')

test.describe.configure({ timeout: 180_000 })

let app: InstalledApp | null = null
test.afterEach(() => {
  app?.remove()
  app = null
})

test('an app with redux-persist keeps its data, with its own storage and migrations', async ({
  page,
  voiceServer,
}) => {
  app = installApp({
    source: sourceOf('redux-persist'),
    dependencies: { ...reactNow, ...versionsOf('@reduxjs/toolkit', 'react-redux'), 'redux-persist': '6.0.0' },
  })
  app.run('npx', '--no-install', 'tsc')
  const server = await serveApp(app.folder, voiceServer.port)
  try {
    // Data left by the app's previous version.
    await page.addInitScript(() => {
      localStorage['persist:root'] ??= JSON.stringify({
        counter: '{"count":41}',
        _persist: '{"version":0,"rehydrated":true}',
      })
    })
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Clicked 41 times' }).click()
    await talkOverReload(page)
    await expect(page.getByRole('button', { name: 'Clicked 42 times' })).toBeVisible()
    const kept = await page.evaluate(() => Object.entries(localStorage).join('\n'))
    expect(kept).toContain(String.raw`\"value\":42`)
    expect(kept).not.toContain('teas')
    expect(kept).not.toContain('voiceAgent')
  } finally {
    await server.close()
  }
})

test('an app with the oldest supported versions mounts the agent with combineSlices', async ({
  page,
  voiceServer,
}) => {
  app = installApp({
    source: sourceOf('oldest-peers'),
    dependencies: {
      '@reduxjs/toolkit': '2.5.0',
      react: '18.2.0',
      'react-dom': '18.2.0',
      'react-redux': '9.0.0',
      '@types/react': '18.2.79',
      '@types/react-dom': '18.2.25',
    },
    // The type declarations of React Redux 9.0 and RTK 2.5 don't support TypeScript 7.
    options: { skipLibCheck: true },
  })
  app.run('npx', '--no-install', 'tsc')
  const server = await serveApp(app.folder, voiceServer.port)
  try {
    await page.goto(server.url)
    await talkOverReload(page)
    await expect(page.locator('body')).toHaveAttribute('data-status', 'connected')
  } finally {
    await server.close()
  }
})

test('a server-rendered app shows the assistant before its scripts run, and hydrates without a mismatch', async ({
  page,
  voiceServer,
  browser,
}) => {
  app = installApp({
    source: sourceOf('server-rendered'),
    dependencies: { ...reactNow, ...versionsOf('@reduxjs/toolkit', 'react-redux') },
  })
  app.run('npx', '--no-install', 'tsc')
  const { folder } = app
  // Without it, frameworks with server components would run it where there is no context.
  const react = join(folder, 'node_modules/redux-voice-agent/dist/react.js')
  expect(readFileSync(react, 'utf8')).toMatch(/^['"]use client['"];?\n/)
  await buildFor('production', {
    root: folder,
    logLevel: 'error',
    build: { outDir: 'dist/server', ssr: 'src/server.tsx' },
  })
  const { render } = (await import(pathToFileURL(join(folder, 'dist/server/server.js')).href)) as {
    render(): Promise<string>
  }
  // In development mode, React reports every mismatch.
  await buildFor('development', {
    root: folder,
    mode: 'development',
    define: { 'process.env.NODE_ENV': '"development"' },
    logLevel: 'error',
    build: { outDir: 'dist/client' },
  })
  const template = readFileSync(join(folder, 'dist/client/index.html'), 'utf8')
  const port = await freePort()
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method = 'GET', headers } = incoming
    if (url.startsWith('/api')) {
      const forwarded = request({ port: voiceServer.port, path: url, method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      incoming.pipe(forwarded)
    } else if (url === '/') {
      outgoing.setHeader('content-type', 'text/html')
      render().then(
        (app) => outgoing.end(template.replace('<!--app-->', app)),
        (error: Error) => outgoing.destroy(error),
      )
    } else {
      outgoing.setHeader('content-type', 'text/javascript')
      outgoing.end(readFileSync(join(folder, 'dist/client', url)))
    }
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  try {
    const withoutScripts = await browser.newContext({ javaScriptEnabled: false })
    const still = await withoutScripts.newPage()
    await still.goto(`http://127.0.0.1:${port}/`)
    await expect(still.getByRole('status', { name: 'Connection' })).toBeVisible()
    await withoutScripts.close()

    await page.goto(`http://127.0.0.1:${port}/`)
    await talkOverReload(page)
  } finally {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
})
