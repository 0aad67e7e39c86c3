import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test as base, expect } from '@playwright/test'
import { preview } from 'vite'
import { buildFor } from '../e2e/support/build-for.js'
import { type InstalledApp, installApp, versionsOf } from '../support/installed-app.js'

/** An app whose only renderer is React's for tests: `react-dom` is an optional peer. */
const test = base.extend<{ app: InstalledApp }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  app: async ({}, use) => {
    const { react } = versionsOf('react')
    const app = installApp({
      source: resolve(import.meta.dirname, 'without-react-dom'),
      dependencies: {
        ...versionsOf('@reduxjs/toolkit', 'react', 'react-redux'),
        'react-test-renderer': react ?? '',
      },
    })
    await use(app)
    app.remove()
  },
})

test('an app without react-dom bundles, renders with the hooks, and is told what the small window needs', async ({
  app,
  page,
}) => {
  test.setTimeout(180_000)
  expect(existsSync(join(app.folder, 'node_modules/react-dom'))).toBe(false)
  const common = { root: app.folder, logLevel: 'error' } as const
  await buildFor('production', { ...common, build: { outDir: 'dist/production', target: 'es2022' } })
  // Development mode, in which the package explains errors on the console.
  await buildFor('development', {
    ...common,
    mode: 'development',
    define: { 'process.env.NODE_ENV': '"development"' },
    build: { outDir: 'dist/client', target: 'es2022' },
  })
  const server = await preview({
    ...common,
    build: { outDir: 'dist/client' },
    preview: { host: '127.0.0.1', port: 0 },
  })
  try {
    const warnings: string[] = []
    page.on('console', (message) => {
      if (message.text().startsWith('[redux-voice-agent]')) warnings.push(message.text())
    })
    await page.goto(server.resolvedUrls?.local[0] ?? '')
    await expect(page.locator('output')).toHaveText('What teas do you have?')
    await page.getByRole('button').click()
    await expect(page.getByRole('alert')).toHaveText("The small window couldn't be opened. Try again.")
    await expect
      .poll(() => warnings)
      .toEqual([
        expect.stringMatching(
          /^\[redux-voice-agent\] chunk-load-failed: `VoiceAssistantPictureInPicture` needs `react-dom`.*: install it beside `react`/,
        ),
      ])
  } finally {
    await server.close()
  }
})
