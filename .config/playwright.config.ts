import { resolve } from 'node:path'
import { defineConfig } from '@playwright/test'
import { chromiumArgs, findChromium } from './browser.js'

const root = resolve(import.meta.dirname, '..')
const executablePath = findChromium()

export default defineConfig({
  testDir: resolve(root, 'tests'),
  // `e2e`: the example with its server, and apps outside. `interop`: peers that others wrote.
  projects: [
    { name: 'e2e', testMatch: /\/tests\/(e2e|integration)\/.*\.spec\.ts$/ },
    { name: 'interop', testMatch: /\/tests\/interop\/.*\.spec\.ts$/ },
  ],
  outputDir: resolve(root, 'test-results'),
  // Real calls in real time on two cores: one after the other, and none is given a second chance.
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  // Outages of half a minute and more: `npm run test:faults`.
  ...(process.env.FAULTS_FILE ? {} : { grepInvert: /@long/ }),
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  use: {
    permissions: ['microphone'],
    launchOptions: { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) },
    screenshot: 'only-on-failure',
  },
})
