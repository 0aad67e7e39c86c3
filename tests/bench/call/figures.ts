import { median } from '../measure.js'
import type { Step } from './page/probe.js'

/** Figures of one run by name, each with its rounds in order. */
export type Figures = Record<string, number[]>

/** A figure of this package divided by the peer's in the same round, or an absolute figure if there is no peer. */
export interface Target {
  name: string
  ours: string
  theirs?: string
  wanted?: number
}

export interface Summary {
  median: number
  minimum: number
  maximum: number
}

export interface Result extends Summary {
  name: string
  wanted?: number
}

export interface StepRow {
  name: string
  /** Milliseconds from the click or the navigation; medians over the rounds with the step. */
  from: number
  to: number
}

/** All results of a run, as `--json` writes them. */
export interface Report {
  browser: string
  cores: number
  date: string
  rounds: number
  figures: Figures
  results: Result[]
  steps: Record<string, StepRow[]>
}

export function summarise(all: readonly number[]): Summary {
  return { median: median([...all]), minimum: Math.min(...all), maximum: Math.max(...all) }
}

/** Divides round by round, because rounds differ more than clients do. */
export function resultOf(figures: Figures, { name, ours, theirs, wanted }: Target): Result | null {
  const own = figures[ours]
  const other = theirs === undefined ? null : figures[theirs]
  if (!own || other === undefined) return null
  const all = own.slice(0, other?.length ?? own.length).map((figure, round) => figure / (other?.[round] ?? 1))
  return all.length === 0 ? null : { name, ...summarise(all), ...(wanted === undefined ? {} : { wanted }) }
}

/** Medians of each step over the rounds, ordered by start. Repeated steps with one name are numbered. */
export function stepRows(rounds: readonly Step[][]): StepRow[] {
  const byName = new Map<string, Step[]>()
  for (const steps of rounds) {
    const counts = new Map<string, number>()
    for (const step of steps) {
      const count = (counts.get(step.name) ?? 0) + 1
      counts.set(step.name, count)
      const name = count === 1 ? step.name : `${step.name} (${count})`
      byName.set(name, [...(byName.get(name) ?? []), step])
    }
  }
  return (
    [...byName]
      // A step in few rounds, such as a trickled candidate, is not on the critical path.
      .filter(([, steps]) => steps.length > rounds.length / 2)
      .map(([name, steps]) => ({
        name,
        from: median(steps.map(({ from }) => from)),
        to: median(steps.map(({ to }) => to)),
      }))
      .toSorted((a, b) => a.from - b.from)
  )
}

const figure = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
const cells = ({ median, minimum, maximum }: Summary) => [median, minimum, maximum].map(figure).join(' | ')

/** Formats the report as Markdown: the targets, the figures and the steps. */
export function tablesOf({ browser, cores, date, rounds, figures, results, steps }: Report): string {
  const lines = [
    `Chromium ${browser}, ${cores} cores, ${date}, ${rounds} rounds in turns`,
    '',
    '| ours / theirs | median | minimum | maximum | target | reached |',
    '|---|--:|--:|--:|--:|---|',
    ...results.map((result) => {
      const verdict =
        result.wanted === undefined ? '' : result.median <= result.wanted ? 'reached' : '**not reached**'
      return `| ${result.name} | ${cells(result)} | ${result.wanted ?? ''} | ${verdict} |`
    }),
    '',
    '| | median | minimum | maximum |',
    '|---|--:|--:|--:|',
    ...Object.entries(figures).map(([name, all]) => `| ${name} | ${cells(summarise(all))} |`),
  ]
  for (const [title, rows] of Object.entries(steps)) {
    lines.push('', `${title}, medians:`, '', '| step | from ms | to ms | takes ms |', '|---|--:|--:|--:|')
    lines.push(
      ...rows.map(
        ({ name, from, to }) =>
          `| ${name} | ${from.toFixed(0)} | ${to.toFixed(0)} | ${(to - from).toFixed(0)} |`,
      ),
    )
  }
  return lines.join('\n')
}
