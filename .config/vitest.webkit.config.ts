/**
 * Runs the storage's browser tests in WebKitGTK, through its WebDriver: `npm run test:webkit`.
 *
 * @packageDocumentation
 */
import { resolve } from 'node:path'
import { defineBrowserProvider } from '@vitest/browser'
import { defineConfig } from 'vitest/config'
import { startWebKit } from '../tests/support/webkit.js'

const root = resolve(import.meta.dirname, '..')

const webkitgtk = () =>
  defineBrowserProvider({
    name: 'webkitgtk',
    supportedBrowser: ['webkitgtk'],
    providerFactory() {
      const starting = startWebKit()
      return {
        name: 'webkitgtk',
        supportsParallelism: false,
        getCommandsContext: () => ({}),
        async openPage(_sessionId, url) {
          const { session } = await starting
          // Uses the first window, because the driver opens others in the background, where a page gets no animation frames.
          await session.command('POST', '/url', { url })
        },
        close: async () => (await starting).close(),
      }
    },
  })

export default defineConfig({
  root,
  resolve: { tsconfigPaths: true },
  cacheDir: `${root}/node_modules/.vite-webkit`,
  optimizeDeps: { include: ['@reduxjs/toolkit', 'fast-check', 'idb', 'localforage', 'redux-persist'] },
  test: {
    name: 'webkitgtk',
    include: ['tests/browser/storage/**/*.test.{ts,tsx}', 'tests/session-persistence.test.ts'],
    // MiniBrowser has no OPFS.
    exclude: ['tests/browser/storage/{opfs,sqlite}.test.ts'],
    fileParallelism: false,
    setupFiles: ['tests/support/patience.ts', 'tests/support/property-seed.ts'],
    testTimeout: 20_000,
    expect: { poll: { timeout: 15_000 } },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: webkitgtk(),
      instances: [{ browser: 'webkitgtk' as never }],
    },
  },
})
