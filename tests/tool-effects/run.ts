/**
 * Calls a tool with an effect in a real browser. The connection is lost, or the page is reloaded, before, during and after its run:
 * `npm run test:effects -- --rounds 100 --seed 1`. Counts the effects, and compares them with everything each agent is told.
 *
 * @packageDocumentation
 */
import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'
import { chromiumArgs, ensureChromium } from '../../.config/browser.js'
import { servePage } from '../support/serve-page.js'
import { runRounds } from './rounds.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    verbose: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
console.log(`Seed ${seed}`)
const server = await servePage(resolve(import.meta.dirname, 'page'))
const browser = await chromium.launch({ executablePath: ensureChromium(), args: chromiumArgs })
try {
  const done = await runRounds(browser, {
    url: server.url,
    seed,
    rounds: Number(values.rounds),
    onRound(round) {
      if (values.verbose || round.complaints.length > 0) console.log(JSON.stringify(round))
    },
  })
  const counts = new Map<string, number>()
  for (const { incident, effects, status } of done) {
    const kind = `${incident}: ${effects} effects, ${status}`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  for (const [kind, count] of [...counts].toSorted()) console.log(`${String(count).padStart(4)} ${kind}`)
  const failed = done.filter(({ complaints }) => complaints.length > 0).length
  console.log(`Seed ${seed}: ${done.length - failed} of ${done.length} without a fault`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  await browser.close()
  await server.close()
}
