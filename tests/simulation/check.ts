import * as fc from 'fast-check'
import type { World } from './world.js'

/** A step of a case: what a user, a disk or a server does. */
export interface Op {
  kind: string
  tab: number
  n: number
  gap: number
}

/** One run of a case. */
export interface Simulated<Step> {
  readonly world: World
  /** States that it was in, with names and numbers taken off. */
  readonly states: ReadonlySet<string>
  /** False if no one wants to know its states. */
  isCounted: boolean
  /** @throws when something does not hold */
  run(ops: readonly Step[]): Promise<void>
}

/** System under simulation. */
export interface Subject<Step extends Op> {
  ops: fc.Arbitrary<Step[]>
  create(seed: number): Simulated<Step>
}

/** A case that does not hold: what users and disk do, and the seed of the schedule in which it happens. */
export interface Violated<Step extends Op = Op> {
  message: string
  ops: readonly Step[]
  seed: number
  path: string
  /** Events in order. */
  log: string[]
}

export interface SimulationReport<Step extends Op = Op> {
  runs: number
  events: number
  states: ReadonlySet<string>
  violated: Violated<Step> | null
}

export interface SimulationLimits<Step extends Op = Op> {
  seed: number
  runs?: number
  milliseconds?: number
  path?: string
  /** Operations of users and disk; random by default. */
  ops?: readonly Step[]
  /** Writes down what happens. */
  isLogged?: boolean
  /** Counts the states, which takes a tenth of the time. */
  isCounted?: boolean
}

/** Runs random cases until a limit is reached or something does not hold. */
export async function check<Step extends Op>(
  subject: Subject<Step>,
  limits: SimulationLimits<Step>,
): Promise<SimulationReport<Step>> {
  const { seed, runs = 1e9, milliseconds, path, ops: given, isLogged = false, isCounted = true } = limits
  const states = new Set<string>()
  let events = 0
  let unhandled: unknown[] = []
  let log: string[] = []
  const onUnhandled = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', onUnhandled)
  const property = fc.asyncProperty(
    given ? fc.constant([...given]) : subject.ops,
    fc.noBias(fc.nat()),
    async (ops, number) => {
      unhandled = []
      const simulation = subject.create(number)
      log = []
      simulation.isCounted = isCounted
      simulation.world.log = isLogged ? (line) => log.push(line) : null
      try {
        await simulation.run(ops)
        if (unhandled.length > 0) throw unhandled[0]
      } finally {
        events += simulation.world.events
        for (const state of simulation.states) states.add(state)
      }
    },
  )
  try {
    const result = await fc.check(property, {
      seed,
      numRuns: runs,
      endOnFailure: true,
      ...(path ? { path } : {}),
      ...(milliseconds ? { interruptAfterTimeLimit: milliseconds, markInterruptAsFailure: false } : {}),
    })
    const { counterexample, errorInstance } = result
    const violated: Violated<Step> | null =
      result.failed && counterexample
        ? {
            message: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
            ops: counterexample[0],
            seed,
            path: result.counterexamplePath ?? '',
            log,
          }
        : null
    return { runs: result.numRuns, events, states, violated }
  } finally {
    process.off('unhandledRejection', onUnhandled)
  }
}

/** Schedules that are tried of each smaller case: with one op less, all that follows happens in another order. */
const SCHEDULES = 150

/** Leaves out of a case what its violation does not need, as far as that is found in the time given. */
export async function shrink<Step extends Op>(
  subject: Subject<Step>,
  violated: Violated<Step>,
  milliseconds: number,
): Promise<Violated<Step>> {
  const until = Date.now() + milliseconds
  const kind = kindOf(violated.message)
  let smallest = violated

  async function attempt(ops: readonly Step[]): Promise<boolean> {
    if (ops.length === smallest.ops.length || Date.now() > until) return false
    const { violated: found } = await check(subject, { seed: violated.seed, runs: SCHEDULES, ops })
    if (!found || kindOf(found.message) !== kind) return false
    smallest = found
    return true
  }

  for (const tab of new Set(violated.ops.map((op) => op.tab))) {
    await attempt(smallest.ops.filter((op) => op.tab !== tab))
  }
  for (const each of new Set(violated.ops.map((op) => op.kind))) {
    await attempt(smallest.ops.filter((op) => op.kind !== each))
  }
  for (let size = Math.ceil(smallest.ops.length / 2); size >= 1; ) {
    let isSmaller = false
    for (let start = 0; start < smallest.ops.length && Date.now() < until; ) {
      if (await attempt(smallest.ops.toSpliced(start, size))) isSmaller = true
      else start += size
    }
    if (Date.now() >= until || (size === 1 && !isSmaller)) break
    size = Math.max(1, Math.floor(size / 2))
  }
  const { violated: logged } = await check(subject, { ...smallest, isLogged: true })
  return logged ?? smallest
}

/** Ids and numbers differ from schedule to schedule. */
const kindOf = (message: string) => message.replace(/\d+/g, '').slice(0, 24)
