/**
 * `npm run sim -- --seconds 60 --seed 1` runs random cases for a time; `--mutants` sees whether seeded faults are found. `--of storage`
 * or `--of agent` does one half of it. `--of storage --seed N --path P --ops '[…]'` runs the case of a violation again, and tells what
 * happens in it.
 */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { agentSubject } from './agent/agent.simulation.js'
import type { SourcePatch } from './bundle.js'
import { check, type Op, type Subject, shrink, type Violated } from './check.js'
import { agentMutants, type Mutant, storageMutants } from './mutants.js'
import { storageSubject } from './storage/storage.simulation.js'

interface Half {
  name: string
  make(patches: readonly SourcePatch[]): Promise<Subject<Op>>
  mutants: Mutant[]
}

const halves: Half[] = [
  {
    name: 'storage',
    make: async (patches) => (await storageSubject(patches)) as Subject<Op>,
    mutants: storageMutants,
  },
  {
    name: 'agent',
    make: async (patches) => (await agentSubject(patches)) as Subject<Op>,
    mutants: agentMutants,
  },
]

const { values } = parseArgs({
  options: {
    of: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    path: { type: 'string' },
    ops: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    /** Index of the one mutant to hunt. */
    mutant: { type: 'string' },
    /** Parts of the names of the mutants to run, with `|` between them. */
    only: { type: 'string', default: '' },
    /** Cases for each mutant. */
    runs: { type: 'string', default: '3000' },
    /** Seconds in which a violation is made smaller. */
    shrink: { type: 'string', default: '60' },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const chosen = halves.filter(({ name }) => values.of === undefined || values.of === name)

function tell(name: string, { message, ops, seed: own, path, log }: Violated): void {
  console.log(`VIOLATION: ${message}`)
  console.log(ops.map(({ kind, tab, n, gap }) => `${kind} ${tab} ${n} after ${gap}`).join(', '))
  for (const line of log) console.log(`  ${line}`)
  console.log(
    `Again: npm run sim -- --of ${name} --seed ${own} --path ${path} --ops '${JSON.stringify(ops)}'`,
  )
}

async function explore({ name, make }: Half): Promise<boolean> {
  const subject = await make([])
  const started = performance.now()
  const { runs, events, states, violated } = await check(subject, {
    seed,
    milliseconds: (Number(values.seconds) * 1000) / chosen.length,
    ...(values.path ? { path: values.path } : {}),
    ...(values.ops ? { ops: JSON.parse(values.ops) as Op[], isLogged: true } : {}),
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const found = `${states.size} distinct states in ${seconds} s, ${violated ? 1 : 0} violations`
  console.log(`${name}, seed ${seed}: ${runs} runs, ${events} events, ${found}`)
  if (violated)
    tell(name, values.ops ? violated : await shrink(subject, violated, Number(values.shrink) * 1000))
  return violated === null
}

/** Runs random cases until one finds the mutant: a case that does not hold without it either is passed over. */
async function hunt({ make }: Half, original: Subject<Op>, mutant: Mutant): Promise<boolean> {
  const mutated = await make([mutant])
  const limit = Number(values.runs)
  let passedOver = 0
  for (let tried = 0; tried < limit; ) {
    const { runs, violated } = await check(mutated, {
      seed,
      runs: limit - tried,
      isCounted: false,
      ...(tried > 0 ? { path: String(tried) } : {}),
    })
    if (!violated) break
    tried += runs
    const { path } = violated
    if ((await check(original, { seed, runs: 1, path })).violated) {
      passedOver++
      continue
    }
    const message = violated.message.split('\n')[0]?.replaceAll('|', '¦').slice(0, 110)
    console.log(`| ${mutant.name} | ${tried} runs | ${message} |`)
    return true
  }
  const reason = passedOver > 0 ? `${passedOver} cases do not hold without it either` : ''
  console.log(`| ${mutant.name} | not found | ${reason} |`)
  return false
}

/** Hunts each mutant in a process of its own, because what one leaves in memory would be too much for all of them. */
function huntAll(): boolean {
  console.log(`Mutants, seed ${seed}\n\n| fault | found after | by |\n|---|--:|---|`)
  let count = 0
  let found = 0
  const started = performance.now()
  for (const { name: half, mutants } of chosen) {
    for (const [index, { name }] of mutants.entries()) {
      if (!values.only.split('|').some((part) => name.includes(part))) continue
      count++
      const limits = ['--seed', String(seed), '--runs', values.runs]
      const own = [import.meta.filename, '--of', half, '--mutant', String(index), ...limits]
      const { status } = spawnSync(process.execPath, [...process.execArgv, ...own], { stdio: 'inherit' })
      if (status === 0) found++
    }
  }
  const share = (100 * found) / count
  const minutes = ((performance.now() - started) / 60_000).toFixed(1)
  console.log(`\n${found} of ${count} found: ${share.toFixed(1)} %, in ${minutes} minutes`)
  return share >= 95
}

async function huntOne(index: number): Promise<boolean> {
  const [half] = chosen
  const mutant = half?.mutants[index]
  if (!half || !mutant) throw new Error(`There is no mutant ${index}.`)
  return hunt(half, await half.make([]), mutant)
}

async function exploreAll(): Promise<boolean> {
  let isWell = true
  for (const half of chosen) isWell = (await explore(half)) && isWell
  return isWell
}

async function run(): Promise<boolean> {
  if (values.mutant !== undefined) return huntOne(Number(values.mutant))
  return values.mutants ? huntAll() : exploreAll()
}

process.exitCode = (await run()) ? 0 : 1
