/**
 * Lets a real conversation go on in a real browser, takes the page away at random moments and compares what comes back with what
 * was seen: `npm run soak -- --reloads 1000 --browser chromium --seed 1`.
 *
 * @packageDocumentation
 */
import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { servePage } from '../support/serve-page.js'
import type { Engine } from './browsers.js'
import { crash } from './crash.js'
import type { Leaving } from './leaving.js'
import { type Round, soak } from './soak.js'
import { roundLine, tableOf } from './table.js'

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '1000' },
    browser: { type: 'string', default: 'chromium' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    /** Crashes instead of reloads, Chromium only. */
    crash: { type: 'boolean', default: false },
    leaving: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
  },
})
const { seed } = values
console.log(`Seed ${seed}, ${values.browser}`)

const server = await servePage(resolve(import.meta.dirname, 'page'))
try {
  const common = {
    seed,
    rounds: Number(values.reloads),
    url: server.url,
    onRound: (round: Round) => {
      if (values.verbose || round.complaints.length > 0) console.log(roundLine(round))
    },
  }
  const kinds = values.leaving as Leaving[] | undefined
  const rounds = values.crash
    ? await crash(common)
    : await soak({ ...common, engine: values.browser as Engine, ...(kinds ? { kinds } : {}) })
  const failed = rounds.filter(({ complaints }) => complaints.length > 0).length
  console.log(
    `\n${tableOf(rounds)}\n\nSeed ${seed}: ${rounds.length - failed} of ${rounds.length} without a loss`,
  )
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  await server.close()
}
