/**
 * Looks for lost conversations in a real browser, judged from outside: `npm run chaos -- --seed 1 --runs 500`.
 *
 * Each run has three tabs, frames, a quota of 1 to 10 MB and a clock that jumps by up to a year. Passphrases are wrong, tabs crash and
 * the browser is killed. Everything that a page reports as saved must be found at the end.
 *
 * - `--seed`: determines the steps of every run; random and printed by default.
 * - `--from`: number of the first run. A failure prints the command that repeats only its run.
 * - `--jobs`: number of browsers in parallel.
 * - `--mutant`: builds the page with a fault that deletes conversations, to check that it is found.
 * - `--verbose`: prints the steps of every run.
 *
 * @packageDocumentation
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { ensureChromium } from '../../.config/browser.js'
import { ChaosBrowser } from './browser.js'
import { type ChaosRun, chaos } from './chaos.js'
import { serveChaos } from './serve.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    runs: { type: 'string', default: '20' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '1' },
    mutant: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const { seed, mutant, verbose } = values
const [runs, from, jobs] = [Number(values.runs), Number(values.from), Number(values.jobs)]
if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs must be a number from 1.')
if (!Number.isInteger(from) || from < 0) throw new Error('--from must be a number from 0.')
process.env.CHROMIUM_PATH = ensureChromium()
console.log(`Seed ${seed}, runs ${from} to ${from + runs - 1}`)

const server = await serveChaos({ isMutant: mutant })
const done: ChaosRun[] = []
let failed = 0
let next = from

function report(result: ChaosRun) {
  const { run, complaints, steps } = result
  done.push(result)
  if (complaints.length > 0) {
    failed++
    console.log(`\nRun ${run} failed: ${complaints.join('; ')}`)
    console.log(`npm run chaos -- --seed ${seed} --from ${run} --runs 1${mutant ? ' --mutant' : ''}`)
  }
  if (verbose || complaints.length > 0) console.log(steps.join('\n'))
  if (done.length % 10 === 0) console.log(`${done.length} runs, ${failed} failed`)
}

async function work() {
  const browser = await ChaosBrowser.launch(server.url)
  try {
    while (next < from + runs) report(await chaos({ seed, run: next++, browser }))
  } finally {
    await browser.close()
  }
}

try {
  await Promise.all(Array.from({ length: jobs }, work))
} finally {
  await server.close()
}

const sum = (figure: (run: ChaosRun) => number) => done.reduce((total, run) => total + figure(run), 0)
const steps = done.flatMap(({ plan }) => plan.steps)
const count = (isOne: (step: (typeof steps)[number]) => boolean) => steps.filter(isOne).length
const ends = (end: string) => count((step) => 'end' in step && step.end === end)
console.log(`
| count | total |
|---|--:|
| runs | ${done.length} |
| steps | ${steps.length} |
| conversations reported as saved | ${sum(({ expected, deleted }) => expected + deleted)} |
| deleted by the app's choice, by the user, or by expiry as documented | ${sum(({ deleted }) => deleted)} |
| lost | ${sum(({ losses }) => losses.length)} |
| clock jumps | ${count(({ type }) => type === 'clock')} |
| changes of the quota | ${count(({ type }) => type === 'quota')} |
| page loads with a wrong passphrase | ${count((step) => step.type === 'open' && step.passphrase === 'wrong')} |
| page loads with a frame | ${count((step) => step.type === 'open' && step.hasFrame)} |
| browsers killed | ${ends('browser is killed') + done.filter(({ plan }) => plan.isKilledAtEnd).length} |
| tabs that crashed | ${ends('tab crashes')} |
| saves that the storage refused | ${sum(({ steps: lines }) => lines.filter((line) => line.includes('not saved')).length)} |
| seconds a run | ${(sum(({ ms }) => ms) / done.length / 1_000).toFixed(1)} |

Seed ${seed}: ${done.length - failed} of ${done.length} without a fault`)
process.exitCode = failed === 0 ? 0 : 1
