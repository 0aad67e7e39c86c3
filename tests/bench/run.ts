/**
 * Measures the cost of saving a conversation, in this machine's Chromium: `npm run bench -- --json FILE`.
 *
 * - Blocked: the page's main-thread time (`TaskDuration`) over a round of saves, per save.
 *   CDP's `Performance.getMetrics` reports the time of all tasks: scripts, promise callbacks, IndexedDB and WebCrypto results,
 *   and garbage collection. Each save is committed before the next dispatch. The cost of an empty call is subtracted.
 *   Median of five rounds after one warm-up round. Same for every engine; includes the reducers, which are also listed separately.
 *   A round is 64 saves, a full segment cycle, or for slow engines as many as fit into two seconds, at least one.
 * - Bytes: passed to `IDBObjectStore.put` and `add` per save, averaged over one more such round.
 * - Newest, all: from the open database to decrypted and parsed messages, once in each of several fresh page loads; medians.
 * - Streaming: deltas at `setInterval`'s pace into one store. The same `TaskDuration`, compared with an agent with
 *   `persistence: false` and with its reducer alone.
 *
 * - Stored sessions: `--only sessions` measures page load, list and cleanup with 100 and 100,000 stored sessions, alternating.
 *
 * @packageDocumentation
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { servePage } from '../support/serve-page.js'
import { openBrowser, type Tab } from './browser.js'
import { measureEngine, measureLeastSave, measureNewestLoaded, measureStreaming } from './measure.js'
import type { EngineName } from './page/engine.js'
import { benchSessions } from './sessions.js'
import { rowLine, tablesOf } from './table.js'
import { targetLine, targetsOf } from './targets.js'
import type { Report } from './types.js'

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    stored: { type: 'string', default: '100,100000' },
    sizes: { type: 'string', default: '100,1000,10000,100000' },
    engines: { type: 'string', default: 'redux-voice-agent,redux-persist,redux-remember,floor,least' },
    'streaming-seconds': { type: 'string', default: '60' },
    'streaming-messages': { type: 'string', default: '10000' },
  },
})
const sizes = values.sizes.split(',').map(Number)
const engines = values.engines.split(',') as EngineName[]
const seconds = Number(values['streaming-seconds'])

const server = await servePage(resolve(import.meta.dirname, 'page'))
const browser = await openBrowser(server.url)
const report: Report = {
  chromium: browser.version,
  cores: cpus().length,
  rows: [],
  leastSave: null,
  newestLoaded: [],
  streaming: [],
}
try {
  const { tab } = browser
  console.log(`Chromium ${report.chromium}, ${report.cores} cores\n`)
  if (values.only === 'sessions') {
    for (const line of await benchSessions(tab, values.stored.split(',').map(Number))) console.log(line)
  } else await measureAll(tab)
} finally {
  await browser.close()
  await server.close()
}
if (values.only !== 'sessions') {
  const targets = targetsOf(report)
  console.log(`\n${tablesOf(report)}\n`)
  for (const target of targets) console.log(targetLine(target))
  if (values.json) await writeFile(values.json, `${JSON.stringify({ ...report, targets }, null, 2)}\n`)
}

async function measureAll(tab: Tab): Promise<void> {
  for (const engine of engines) {
    if (engine === 'least') {
      report.leastSave = await measureLeastSave(tab)
      continue
    }
    for (const messages of sizes) {
      const row = await measureEngine(tab, engine, messages)
      report.rows.push(row)
      console.log(rowLine(row))
      if (engine === 'redux-voice-agent') report.newestLoaded.push(await measureNewestLoaded(tab, messages))
    }
  }
  if (seconds > 0) {
    report.streaming = await measureStreaming(tab, Number(values['streaming-messages']), seconds)
  }
}
