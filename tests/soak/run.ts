/**
 * Talks in a real browser, closes the page at random moments and compares the restored conversation with what was seen:
 * `npm run soak -- --reloads 1000 --browser chromium --seed 1`.
 *
 * - `--browser`: chromium, firefox or webkitgtk.
 * - `--seed`: determines what is said, how fast, and when and how the page closes; random and printed by default.
 * - `--store opfs`: stores the records in OPFS, in a worker.
 * - `--crash`: crashes tabs and kills browsers instead.
 * - `--leaving KIND`, repeatable: only these ways to leave. `--verbose`: one line per round.
 *
 * @packageDocumentation
 */
import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { servePage } from '../support/serve-page.js'
import { crash } from './crash.js'
import { type Leaving, leavings, leavingsInWebKit } from './leaving.js'
import { type Round, soak } from './soak.js'
import { roundLine, tableOf } from './table.js'

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '1000' },
    browser: { type: 'string', default: 'chromium' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    store: { type: 'string', default: 'indexeddb' },
    crash: { type: 'boolean', default: false },
    leaving: { type: 'string', multiple: true },
    neighbour: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const { seed, browser, crash: isCrash } = values
const rounds = Number(values.reloads)
const leaving = values.leaving as Leaving[] | undefined
const kinds = leaving ?? (browser === 'webkitgtk' ? leavingsInWebKit : undefined)
if (browser !== 'chromium' && browser !== 'firefox' && browser !== 'webkitgtk') {
  throw new Error('--browser must be chromium, firefox or webkitgtk.')
}
if (values.store !== 'indexeddb' && values.store !== 'opfs')
  throw new Error('--store must be indexeddb or opfs.')
if (isCrash && browser !== 'chromium') throw new Error('--crash requires Chromium.')
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--reloads must be a number from 1.')
if (kinds?.some((kind) => !(kind in leavings))) {
  throw new Error(`--leaving must be one of: ${Object.keys(leavings).join('; ')}.`)
}
console.log(`Seed ${seed}, ${browser}`)

const server = await servePage(resolve(import.meta.dirname, 'page'))
const done: Round[] = []
try {
  const common = {
    seed,
    rounds,
    hasNeighbour: values.neighbour,
    store: values.store as 'indexeddb' | 'opfs',
    url: server.url,
    onRound(round: Round) {
      done.push(round)
      if (values.verbose || round.complaints.length > 0) console.log(roundLine(round))
    },
  }
  if (isCrash) await crash(common)
  else await soak({ ...common, engine: browser, ...(kinds ? { kinds } : {}) })
} finally {
  // Even after a round that could not finish, because the rounds before it count.
  const failed = done.filter(({ complaints }) => complaints.length > 0).length
  console.log(`\n${tableOf(done)}\n\nSeed ${seed}: ${done.length - failed} of ${done.length} without a fault`)
  process.exitCode = failed === 0 ? 0 : 1
  await server.close()
}
