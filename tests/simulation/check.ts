import { type Case, Search } from './search.js'
import type { Op, Subject } from './subject.js'

/** A case that violates an invariant, with the seed of its schedule. */
export interface Violated<Step extends Op = Op> extends Case<Step> {
  message: string
  /** Events, in order. */
  log: string[]
}

export interface SimulationReport<Step extends Op = Op> {
  runs: number
  events: number
  states: ReadonlySet<string>
  /** Number of distinct situations. */
  situations: number
  violated: Violated<Step> | null
}

export interface SimulationLimits<Step extends Op = Op> {
  seed: number
  runs?: number
  milliseconds?: number
  /** Runs only this case, in different orders. @default random cases */
  ops?: readonly Step[]
  /** Runs the case only in this order. */
  schedule?: number
  /** Logs every event. */
  isLogged?: boolean
  /** Counts the distinct states, which takes a tenth of the time. */
  isCounted?: boolean
  /** Returns true for a violation to ignore. */
  isKnown?: (violated: Violated<Step>) => Promise<boolean>
}

/** Runs random cases until a limit is reached or an invariant is violated. */
export async function check<Step extends Op>(
  subject: Subject<Step>,
  limits: SimulationLimits<Step>,
): Promise<SimulationReport<Step>> {
  const { seed, runs = Number.POSITIVE_INFINITY, milliseconds = Number.POSITIVE_INFINITY, ops } = limits
  const { schedule, isLogged = false, isCounted = true, isKnown = async () => false } = limits
  const until = performance.now() + milliseconds
  const search = new Search(subject, seed)
  const report = { runs: 0, events: 0, states: new Set<string>(), violated: null as Violated<Step> | null }
  let unhandled: unknown[] = []
  const onUnhandled = (error: unknown) => unhandled.push(error)

  async function run(tried: Case<Step>): Promise<Violated<Step> | null> {
    unhandled = []
    const log: string[] = []
    const simulation = subject.create(tried.schedule)
    simulation.isCounted = isCounted
    simulation.world.log = isLogged ? (line) => log.push(line) : null
    try {
      await simulation.run(tried.ops)
      if (unhandled.length > 0) throw unhandled[0]
      return null
    } catch (error) {
      return { ...tried, message: error instanceof Error ? error.message : String(error), log }
    } finally {
      report.events += simulation.world.events
      for (const state of simulation.states) report.states.add(state)
      search.learn(tried, simulation.situations)
    }
  }

  process.on('unhandledRejection', onUnhandled)
  try {
    while (report.violated === null && report.runs < runs && performance.now() < until) {
      const next = search.next()
      report.runs++
      const violated = await run({ ops: ops ?? next.ops, schedule: schedule ?? next.schedule })
      if (violated && !(await isKnown(violated))) report.violated = violated
    }
    return { ...report, situations: search.situations }
  } finally {
    process.off('unhandledRejection', onUnhandled)
  }
}

/** Schedules to try for each smaller case, because removing an op changes the order of everything after it. */
const SCHEDULES = 150

/** Removes the ops that the violation doesn't need, as far as the time allows. */
export async function shrink<Step extends Op>(
  subject: Subject<Step>,
  violated: Violated<Step>,
  milliseconds: number,
): Promise<Violated<Step>> {
  const until = Date.now() + milliseconds
  const kind = kindOf(violated.message)
  const seed = violated.schedule
  let smallest = violated

  async function attempt(ops: readonly Step[]): Promise<boolean> {
    if (ops.length === smallest.ops.length || Date.now() > until) return false
    const { violated: found } = await check(subject, { seed, runs: SCHEDULES, ops })
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
  const { ops, schedule } = smallest
  const { violated: logged } = await check(subject, { seed, runs: 1, ops, schedule, isLogged: true })
  return logged ?? smallest
}

/** Strips ids and numbers, which differ between schedules. */
const kindOf = (message: string) => message.replace(/~[\w+/-]+|\d+/g, '').slice(0, 24)
