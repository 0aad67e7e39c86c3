/**
 * `npm run sim -- --seconds 60 --seed 1` runs random cases for a minute. `--mutants` checks that seeded faults are found. `--of storage`,
 * `--of agent` or `--of backup` runs only one part. `--of storage --schedule N --ops '…'` repeats the case of a violation and logs its events.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { agentSubject } from './agent/agent.simulation.js'
import { backupSubject } from './backup/backup.simulation.js'
import type { SourcePatch } from './bundle.js'
import { check, shrink, type Violated } from './check.js'
import { knownCases } from './known-cases.js'
import { agentMutants, backupMutants, type Mutant, storageMutants } from './mutants.js'
import { formatOps, parseOps } from './notation.js'
import { storageSubject } from './storage/storage.simulation.js'
import type { Op, Subject } from './subject.js'

interface Part {
  name: string
  make(patches: readonly SourcePatch[]): Promise<Subject<Op>>
  mutants: Mutant[]
}

const parts: Part[] = [
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
  {
    name: 'backup',
    make: async (patches) => (await backupSubject(patches)) as Subject<Op>,
    mutants: backupMutants,
  },
]

const { values } = parseArgs({
  options: {
    of: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    schedule: { type: 'string' },
    ops: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    /** Index of the one mutant to hunt. */
    mutant: { type: 'string' },
    /** Substrings of mutant names to run, separated by `|`. */
    only: { type: 'string', default: '' },
    /** Shrinks the case that finds a mutant without a known case, and prints it as an entry for `known-cases.ts`. */
    collect: { type: 'boolean', default: false },
    /** Also searches at random for mutants that their known case has found. */
    random: { type: 'boolean', default: false },
    /** Number of mutants to hunt in parallel. */
    jobs: { type: 'string', default: '2' },
    /** Random cases per mutant. */
    runs: { type: 'string', default: '3000' },
    /** Seconds for shrinking a violation. */
    shrink: { type: 'string', default: '60' },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const chosen = parts.filter(({ name }) => values.of === undefined || values.of === name)

function printViolation(name: string, { message, ops, schedule, log }: Violated): void {
  console.log(`VIOLATION: ${message}`)
  console.log(formatOps(ops))
  for (const line of log) console.log(`  ${line}`)
  console.log(`To repeat it: npm run sim -- --of ${name} --schedule ${schedule} --ops '${formatOps(ops)}'`)
}

async function explore({ name, make }: Part): Promise<boolean> {
  const subject = await make([])
  const started = performance.now()
  const { runs, events, states, situations, violated } = await check(subject, {
    seed,
    milliseconds: (Number(values.seconds) * 1000) / chosen.length,
    ...(values.schedule ? { schedule: Number(values.schedule), runs: 1 } : {}),
    ...(values.ops ? { ops: parseOps(values.ops), isLogged: true } : {}),
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const reached = `${states.size} distinct states, ${situations} situations`
  const found = `${reached} in ${seconds} s, ${violated ? 1 : 0} violations`
  console.log(`${name}, seed ${seed}: ${runs} runs, ${events} events, ${found}`)
  if (violated)
    printViolation(
      name,
      values.ops ? violated : await shrink(subject, violated, Number(values.shrink) * 1000),
    )
  return violated === null
}

/** Exit codes of a hunt, by what found the mutant. */
const outcomes = { both: 0, random: 3, known: 4, none: 5 } as const

/** Orders in which to try a known case. */
const KNOWN_ORDERS = 150

/** Tries a mutant's known case, then random ones. Ignores cases that also fail without the mutant. */
async function hunt({ make }: Part, original: Subject<Op>, mutant: Mutant): Promise<number> {
  let passedOver = 0
  const isKnown = async ({ ops, schedule }: Violated) => {
    const holds = (await check(original, { seed, runs: 1, ops, schedule })).violated === null
    if (!holds) passedOver++
    return !holds
  }
  const mutated = await make([mutant, ...(mutant.and ?? [])])
  const limits = { seed, isCounted: false, isKnown }
  const known = knownCases[mutant.name]
  const again =
    known === undefined ? null : await check(mutated, { ...limits, runs: KNOWN_ORDERS, ops: parseOps(known) })
  const isEnough = again?.violated && !values.random
  const { runs, violated } = await check(mutated, { ...limits, runs: isEnough ? 0 : Number(values.runs) })
  const message = violated ??
    again?.violated ?? { message: passedOver > 0 ? `${passedOver} passed over` : '' }
  const reason = message.message.split('\n')[0]?.replaceAll('|', '¦').slice(0, 110)
  const byRandom = violated ? `${runs} runs` : isEnough ? '' : 'not found'
  const byKnown = again ? (again.violated ? `${again.runs} orders` : 'not found') : 'no case'
  console.log(`| ${mutant.name} | ${byRandom} | ${byKnown} | ${reason} |`)
  if (values.collect && violated && !again?.violated) {
    const { ops } = await shrink(mutated, violated, Number(values.shrink) * 1000)
    console.log(`  '${mutant.name}':\n    '${formatOps(ops)}',`)
  }
  if (violated) return again?.violated ? outcomes.both : outcomes.random
  return again?.violated ? outcomes.known : outcomes.none
}

/** Hunts each mutant in its own process, because together they would run out of memory. */
async function huntAll(): Promise<boolean> {
  console.log(`Mutants, seed ${seed}\n\n| fault | at random | by its known case | by |\n|---|--:|--:|---|`)
  const found = { count: 0, random: 0, known: 0, any: 0 }
  const started = performance.now()
  const passed = ['--seed', String(seed), '--runs', values.runs, '--shrink', values.shrink]
  if (values.collect) passed.push('--collect')
  if (values.random) passed.push('--random')
  const isChosen = ({ name }: Mutant) => values.only.split('|').some((part) => name.includes(part))
  const hunts = chosen.flatMap(({ name, mutants }) =>
    mutants.flatMap((mutant, index) => (isChosen(mutant) ? [['--of', name, '--mutant', String(index)]] : [])),
  )
  async function huntNext(): Promise<void> {
    for (let own = hunts.shift(); own; own = hunts.shift()) {
      const args = [...process.execArgv, import.meta.filename, ...own, ...passed]
      const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit')
      found.count++
      if (status === outcomes.both || status === outcomes.random) found.random++
      if (status === outcomes.both || status === outcomes.known) found.known++
      if (status === outcomes.both || status === outcomes.random || status === outcomes.known) found.any++
    }
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, huntNext))
  const share = (number: number) => `${number} (${((100 * number) / found.count).toFixed(1)} %)`
  const minutes = ((performance.now() - started) / 60_000).toFixed(1)
  const byRandom = values.random ? 'at random' : 'only at random'
  console.log(
    `\nOf ${found.count}: ${share(found.any)} found, ${share(found.known)} by known cases, ${share(found.random)} ${byRandom}; ${minutes} minutes`,
  )
  return found.any / found.count >= 0.95
}

async function huntOne(index: number): Promise<number> {
  const [part] = chosen
  const mutant = part?.mutants[index]
  if (!part || !mutant) throw new Error(`There is no mutant ${index}.`)
  return hunt(part, await part.make([]), mutant)
}

async function exploreAll(): Promise<boolean> {
  let isWell = true
  for (const part of chosen) isWell = (await explore(part)) && isWell
  return isWell
}

async function run(): Promise<number> {
  if (values.mutant !== undefined) return huntOne(Number(values.mutant))
  return (await (values.mutants ? huntAll() : exploreAll())) ? 0 : 1
}

process.exitCode = await run()
