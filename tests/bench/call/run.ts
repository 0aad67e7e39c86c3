/**
 * Measures how soon a user can talk: `npm run bench:call`. Alternates between this package and the peers' own clients, with the example's
 * server, in production builds and this machine's Chromium. The microphone is silent, so that it does not interrupt the agent.
 *
 * - `clicks`: cold in a new profile, warm with the code in the browser's cache; both once the page has loaded and is idle. Ready: until
 *   `bot-ready`. Audible: until the agent's first sound above a threshold.
 * - `loads`: from the navigation to a call that was restored with its conversation. Pipecat's client makes a fresh call, because it
 *   restores nothing.
 * - `main-thread`: main-thread tasks in a muted call without speech, and at 50 deltas a second.
 * - `slow`: a click at 150 ms round-trip time. `openai`: until the session is configured, compared with agents-realtime, with the
 *   provider in the page.
 * - `restarts`: the server is killed, and listens again a second later.
 *
 * `--only clicks,loads` selects; `--json FILE` writes everything for `tests/bench/call/plots.ts`.
 *
 * @packageDocumentation
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { chromiumArgs, ensureChromium } from '../../../.config/browser.js'
import { silentWav } from '../../e2e/support/microphones.js'
import { freePort } from '../../e2e/support/processes.js'
import { createVoiceServer } from '../../e2e/support/voice-server.js'
import { servePage } from '../../support/serve-page.js'
import { type Figures, type Report, resultOf, stepRows, tablesOf } from './figures.js'
import type { Step } from './page/probe.js'
import { type Bench, type ScenarioName, scenarios } from './scenarios.js'
import { targetsOf } from './targets.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    messages: { type: 'string', default: '20,1000,10000' },
    'idle-seconds': { type: 'string', default: '5' },
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    json: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const lengths = values.messages.split(',').map(Number)
const names = values.only.split(',')
const unknown = names.filter((name) => !(name in scenarios))
if (unknown.length > 0)
  throw new Error(`--only takes ${Object.keys(scenarios).join(', ')}; got ${unknown.join(', ')}.`)

const figures: Figures = {}
const steps: Record<string, Step[][]> = {}

const voiceServer = createVoiceServer(await freePort())
await voiceServer.start()
const server = await servePage(resolve(import.meta.dirname, 'page'), [], {
  '/api': `http://127.0.0.1:${voiceServer.port}`,
})
const browser = await chromium.launch({
  executablePath: ensureChromium(),
  args: [...chromiumArgs, `--use-file-for-fake-audio-capture=${silentWav()}`],
})
const bench: Bench = {
  browser,
  url: server.url,
  voiceServer,
  rounds,
  lengths,
  idleSeconds: Number(values['idle-seconds']),
  note(name, figure) {
    if (figure === null) return
    figures[name] = [...(figures[name] ?? []), figure]
  },
  steps(title, all) {
    steps[title] = [...(steps[title] ?? []), all]
  },
}

try {
  for (const name of names as ScenarioName[]) {
    const begun = performance.now()
    await scenarios[name](bench)
    console.error(`${name}: ${((performance.now() - begun) / 1_000).toFixed(0)} s`)
  }
  const report: Report = {
    browser: browser.version(),
    cores: cpus().length,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    figures,
    results: targetsOf(lengths).flatMap((target) => resultOf(figures, target) ?? []),
    steps: Object.fromEntries(Object.entries(steps).map(([title, all]) => [title, stepRows(all)])),
  }
  console.log(tablesOf(report))
  if (values.json) await writeFile(values.json, JSON.stringify(report, null, 2))
} finally {
  await browser.close()
  await server.close()
  await voiceServer.stop()
}
