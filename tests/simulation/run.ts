/**
 * `npm run sim -- --seconds 60 --seed 1` runs random cases for a time; `--mutants` sees whether seeded faults are found. `--of storage`
 * or `--of agent` does one half of it. `--of storage --seed N --path P --ops '[…]'` runs the case of a violation again, and tells what
 * happens in it.
 */
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
    /** Part of the name of the mutants to run. */
    only: { type: 'string', default: '' },
    /** Cases for each mutant. */
    runs: { type: 'string', default: '10000' },
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

/** Gives what was found, or null. */
async function hunt(make: Half['make'], mutant: Mutant): Promise<string | null> {
  const { runs, violated } = await check(await make([mutant]), { seed, runs: Number(values.runs) })
  const message = violated?.message.split('\n')[0]?.replaceAll('|', '¦').slice(0, 110)
  console.log(`| ${mutant.name} | ${violated ? `${runs} runs` : 'not found'} | ${message ?? ''} |`)
  return message ?? null
}

async function huntAll(): Promise<boolean> {
  console.log(`Mutants, seed ${seed}\n\n| fault | found after | by |\n|---|--:|---|`)
  let count = 0
  let found = 0
  for (const { make, mutants } of chosen) {
    for (const mutant of mutants.filter(({ name }) => name.includes(values.only))) {
      count++
      if ((await hunt(make, mutant)) !== null) found++
    }
  }
  const share = (100 * found) / count
  console.log(`\n${found} of ${count} found: ${share.toFixed(1)} %`)
  return share >= 95
}

async function exploreAll(): Promise<boolean> {
  let isWell = true
  for (const half of chosen) isWell = (await explore(half)) && isWell
  return isWell
}

process.exitCode = (await (values.mutants ? huntAll() : exploreAll())) ? 0 : 1
