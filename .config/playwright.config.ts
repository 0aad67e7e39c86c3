import { resolve } from 'node:path'
import { defineConfig } from '@playwright/test'
import { chromiumArgs, findChromium } from './browser.js'

const root = resolve(import.meta.dirname, '..')
const executablePath = findChromium()

const pipecat = /\/tests\/interop\/pipecat-(server|reloads)\.spec\.ts$/
const liveKit = /\/tests\/interop\/livekit\.spec\.ts$/
const processes = /\/tests\/interop\/many-processes\/.*\.spec\.ts$/
const handOvers = /\/tests\/e2e\/mirror\/hand-overs\.spec\.ts$/
const heard = /\/tests\/interop\/(heard|handover-silence)\.spec\.ts$/
const leavingPages = /\/tests\/e2e\/analytics\/leaving\.spec\.ts$/
const apps = /\/tests\/integration\/(apps|counter-template|recipes|servers|site)\.spec\.ts$/
const timed =
  /\/tests\/e2e\/(soak|chaos|real-call\/real-call|storage\/saving|faults\/(packet-loss|server-killed|signalling))\.spec\.ts$/

export default defineConfig({
  testDir: resolve(root, 'tests'),
  projects: [
    // Apps outside the repository: one worker, which packs the package once. First, so that the other worker runs beside it all the time.
    { name: 'integration', testMatch: /\/tests\/integration\/.*\.spec\.ts$/, testIgnore: apps, workers: 1 },
    // Apps made from templates on npm, servers of the guides, and the docs site, which take minutes to install and build.
    { name: 'apps', testMatch: apps, workers: 1 },
    // The example with its server. Hand-overs take a minute: `npm run test:mirror`.
    {
      name: 'e2e',
      testMatch: /\/tests\/e2e\/.*\.spec\.ts$/,
      testIgnore: [timed, leavingPages, ...(process.env.HAND_OVERS ? [] : [handOvers])],
    },
    // Tests with a time limit or sound that must not stutter: one after the other, and in their own run (tests/run.ts).
    { name: 'timed', testMatch: timed, workers: 1 },
    // Third-party peers.
    {
      name: 'interop',
      testMatch: /\/tests\/interop\/.*\.spec\.ts$/,
      testIgnore: [pipecat, liveKit, processes, heard],
      workers: 1,
    },
    // Latency at the ear, compared with audio worklets, which needs a quiet machine. Also reports of pages that unload, in two browsers.
    { name: 'heard', testMatch: [heard, leavingPages], workers: 1 },
    // Several processes of the example's server, behind load balancers. Takes minutes, because calls are cut off and leases expire.
    { name: 'processes', testMatch: processes, workers: 1 },
    // OpenAI's own servers, with the developer's key: the same conversation as with the test double.
    { name: 'openai', testMatch: /\/tests\/e2e\/openai\.spec\.ts$/, workers: 1 },
    // Pipecat's own server: installing its packages takes minutes and a gigabyte.
    { name: 'pipecat', testMatch: pipecat, workers: 1 },
    // LiveKit's own server and agents, which take minutes to build and install.
    { name: 'livekit', testMatch: liveKit, workers: 1 },
  ],
  outputDir: resolve(root, 'test-results'),
  // Three workers suit two cores, because real-time calls mostly wait. Failed tests are not retried.
  workers: 3,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  // Outages of half a minute and more: `npm run test:faults`. Other slow tests: `npm run test:slow`.
  grepInvert: [...(process.env.FAULTS_FILE ? [] : [/@long/]), ...(process.env.VITE_SLOW ? [] : [/@slow/])],
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], [resolve(root, 'tests/interop/support/table.ts')]],
  use: {
    permissions: ['microphone'],
    launchOptions: { args: chromiumArgs, ...(executablePath ? { executablePath } : {}) },
    screenshot: 'only-on-failure',
  },
})
