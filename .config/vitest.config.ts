import { resolve } from 'node:path'
import { storybookTest } from '@storybook/addon-vitest/vitest-plugin'
import react from '@vitejs/plugin-react'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumArgs, findChromium } from './browser.js'

const root = resolve(import.meta.dirname, '..')

/** Created for each project, because vitest refuses a shared one. */
const browser = () => {
  const executablePath = findChromium()
  return {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({
      launchOptions: { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) },
    }),
    instances: [{ browser: 'chromium' as const }],
  }
}

const shared = {
  root,
  plugins: [react()],
  resolve: { tsconfigPaths: true },
  // Modules that are loaded with `import()`.
  server: {
    warmup: {
      clientFiles: [
        'components/voice-agent/panels/index.ts',
        'lib/voice-agent/agent/{call-chunk,runtime-chunk}.ts',
      ].map((file) => `${root}/src/${file}`),
    },
  },
  // Listed here, so that the first test to import one does not reload the page.
  optimizeDeps: {
    include: [
      '@openai/agents-realtime',
      '@reduxjs/toolkit',
      'zod',
      'fast-check',
      'idb',
      'localforage',
      'markdown-to-jsx/react',
      'redux-persist',
      'react',
      'react-dom',
      'react-dom/client',
      'react-dom/server',
      'react-redux',
      '@redux-devtools/core',
      '@redux-devtools/instrument',
      'react/jsx-dev-runtime',
    ],
  },
}

/** Longer timeouts, because code is compiled on its first request, and several pages request it at the same time. */
const patient = {
  expect: { poll: { timeout: 15_000 } },
  testTimeout: 60_000,
  hookTimeout: 60_000,
  setupFiles: ['tests/support/patience.ts', 'tests/support/property-seed.ts'],
}

/** Parallel pages or processes per project: more than CI's two cores, because most tests wait for something that a user would see. */
const maxWorkers = 3

/** Slow tests that do not depend on React's version. `npm run test:react-18` still runs them. */
const slowInReact18 = [
  'accessibility',
  'agent-change',
  'announcements',
  'any-text',
  'backup-orders',
  'backup-panel',
  'call-watch',
  'conversations',
  'focus',
  'long-transcript',
  'media',
  'nested-dialogs',
  'right-to-left',
  'share',
  'transcript-actions',
].map((name) => `tests/browser/react/${name}.test.tsx`)

const react18 = (name: string) => ({
  find: new RegExp(`^${name}(/.*)?$`),
  replacement: `${root}/tests/react-18/node_modules/${name}$1`,
})

export default defineConfig({
  root,
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          environment: 'node',
          pool: 'forks',
          maxWorkers,
          // Generous, for busy machines: no unit test measures time. A hook may be the first to load the package's code.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 15_000 } },
          setupFiles: ['tests/support/patience.ts', 'tests/support/property-seed.ts'],
        },
      },
      {
        ...shared,
        // Stores on Redis and PostgreSQL, which `npm run test:stores` installs. It also runs the one on SQLite.
        test: {
          name: 'stores',
          include: ['tests/interop/stores/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        // The backup on OpenStack Swift, which `npm run test:backup` installs.
        test: {
          name: 'backup',
          include: ['tests/interop/backup/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.{ts,tsx}', 'tests/session-persistence.test.ts'],
          exclude: [
            // Compares times, so it needs a quiet machine: `npm run test:heard`.
            ...(process.env.VITE_HEARD_ROUNDS ? [] : ['tests/browser/analytics/heard.test.ts']),
            // Takes minutes of CPU time: `npm run test:stores`.
            ...(process.env.ALL_STORES ? [] : ['tests/browser/storage/sqlite.test.ts']),
          ],
          browser: browser(),
          maxWorkers,
          ...patient,
        },
      },
      {
        ...shared,
        cacheDir: `${root}/node_modules/.vite-react-18`,
        resolve: { tsconfigPaths: true, alias: [react18('react'), react18('react-dom')] },
        test: {
          name: 'react-18',
          include: ['tests/browser/react/**/*.test.tsx'],
          exclude: process.env.REACT_18 ? [] : slowInReact18,
          browser: browser(),
          maxWorkers,
          ...patient,
        },
      },
      {
        root,
        cacheDir: `${root}/node_modules/.vite-storybook`,
        // Storybook brings its own React plugin.
        plugins: [storybookTest({ configDir: resolve(root, 'storybook') })],
        test: {
          name: 'storybook',
          browser: browser(),
          maxWorkers,
          // Longer than the timeout of a single wait (storybook/preview.tsx).
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
