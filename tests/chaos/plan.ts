import { type Random, randomOf } from '../soak/random.js'

/** Passphrase of a page. `none`: no key provider. */
export type Passphrase = 'right' | 'wrong' | 'none'
/** The app's choice when the disk is full. */
export type Choice = 'none' | 'oldest' | 'one' | 'throws'

/** A document: a tab's page, or the frame in it. */
export interface Place {
  tab: number
  isFrame: boolean
}

/** How the browser, or one of its tabs, ends. */
type End = 'browser is killed' | 'tab crashes' | 'tab is closed' | 'tab is reloaded'

export type Step =
  | { type: 'open'; tab: number; passphrase: Passphrase; hasFrame: boolean }
  | { type: 'duplicate'; tab: number; from: number }
  | { type: 'say'; place: Place; length: number; isSaved: boolean }
  | { type: 'answer'; place: Place; length: number }
  | { type: 'create' | 'cleanUp'; place: Place }
  /** `pick` selects from the list at that time. */
  | { type: 'restore' | 'remove'; place: Place; pick: number }
  | { type: 'leave'; end: End; tab: number }
  /** All documents speak and save at the same time, until the end comes. */
  | { type: 'storm'; length: number; afterMs: number; end: End; tab: number }
  | { type: 'clock'; offset: number; isNoticed: boolean }
  | { type: 'quota'; bytes: number }

export interface Plan {
  choice: Choice
  /** True if the first conversations are created before there is a passphrase. */
  isPlainAtFirst: boolean
  /** True if the browser is killed before the judgement. Otherwise, its tabs are closed. */
  isKilledAtEnd: boolean
  steps: Step[]
}

export const TABS = 3
const hour = 3_600_000
const year = 365 * 24 * hour
const megabyte = 1_000_000

const lengths = [40, 400, 4_000, 60_000, 300_000, 900_000, 900_000, 2_000_000] as const

interface Tab {
  hasFrame: boolean
  passphrase: Passphrase
}

/** Returns the steps of a run, which depend only on the seed and the run number. */
export function planOf(seed: string, run: number): Plan {
  const random = randomOf(`${seed}/chaos/${run}`)
  const choice = random.pick<Choice>(['none', 'none', 'oldest', 'one', 'throws'])
  const isPlainAtFirst = random.between(1, 4) === 1
  const tabs = new Map<number, Tab>()
  const steps: Step[] = []
  let offset = 0

  const take = (step: Step) => void steps.push(step)
  const placeIn = (tab: number): Place => ({
    tab,
    isFrame: tabs.get(tab)?.hasFrame === true && random.between(0, 1) === 1,
  })
  const openTab = () => random.pick([...tabs.keys()] as [number, ...number[]])
  const somewhere = () => placeIn(openTab())

  function open(tab: number, passphrase: Passphrase, hasFrame: boolean) {
    take({ type: 'open', tab, passphrase, hasFrame })
    tabs.set(tab, { passphrase, hasFrame })
  }

  function endOf(tab: number): End {
    const end = random.pick<End>([
      'browser is killed',
      'tab crashes',
      'tab is closed',
      'tab is reloaded',
      'tab is reloaded',
    ])
    if (end === 'browser is killed') tabs.clear()
    else if (end !== 'tab is reloaded') tabs.delete(tab)
    return end
  }

  // Before the database is opened, because Chromium caches the available space for a while.
  take({ type: 'quota', bytes: nextQuota(random) })
  // Stores something to lose: the right passphrase locks the database, and two conversations are saved.
  open(0, isPlainAtFirst ? 'none' : 'right', false)
  take({ type: 'say', place: { tab: 0, isFrame: false }, length: 40, isSaved: true })
  if (isPlainAtFirst) open(0, 'right', false)
  take({ type: 'create', place: { tab: 0, isFrame: false } })
  take({ type: 'say', place: { tab: 0, isFrame: false }, length: 4_000, isSaved: true })

  const moves: Record<string, [weight: number, move: () => void]> = {
    say: [
      24,
      () =>
        take({
          type: 'say',
          place: somewhere(),
          length: random.pick(lengths),
          isSaved: random.between(1, 3) > 1,
        }),
    ],
    answer: [6, () => take({ type: 'answer', place: somewhere(), length: random.pick(lengths) })],
    open: [
      12,
      () => {
        const passphrase = random.between(1, 3) === 1 ? 'wrong' : 'right'
        open(random.between(0, TABS - 1), passphrase, random.between(1, 3) === 1)
      },
    ],
    duplicate: [
      4,
      () => {
        const from = openTab()
        const tab = (from + random.between(1, TABS - 1)) % TABS
        take({ type: 'duplicate', tab, from })
        tabs.set(tab, { ...(tabs.get(from) as Tab) })
      },
    ],
    create: [8, () => take({ type: 'create', place: somewhere() })],
    restore: [10, () => take({ type: 'restore', place: somewhere(), pick: random.between(0, 99) })],
    remove: [2, () => take({ type: 'remove', place: somewhere(), pick: random.between(0, 99) })],
    cleanUp: [6, () => take({ type: 'cleanUp', place: somewhere() })],
    leave: [
      10,
      () => {
        const tab = openTab()
        take({ type: 'leave', tab, end: endOf(tab) })
      },
    ],
    storm: [
      8,
      () => {
        const tab = openTab()
        const length = random.pick([400, 60_000, 300_000, 900_000])
        take({ type: 'storm', tab, length, afterMs: random.between(0, 120), end: endOf(tab) })
      },
    ],
    clock: [
      14,
      () => {
        offset = nextOffset(random, offset)
        take({ type: 'clock', offset, isNoticed: random.between(0, 1) === 1 })
      },
    ],
    quota: [12, () => take({ type: 'quota', bytes: nextQuota(random) })],
  }
  const tickets = Object.values(moves).flatMap(([weight, move]) => Array.from({ length: weight }, () => move))
  for (let left = random.between(10, 16); left > 0; left--) {
    if (tabs.size === 0)
      open(random.between(0, TABS - 1), random.between(1, 4) === 1 ? 'wrong' : 'right', false)
    else tickets[random.between(0, tickets.length - 1)]?.()
  }
  return { choice, isPlainAtFirst, isKilledAtEnd: random.between(0, 1) === 1, steps }
}

/** From 1 to 10 MB, equally often below and above 3 MB. */
const nextQuota = (random: Random) => Math.round(megabyte * 10 ** random.fraction())

/** Jumps by an hour to a year, forwards or backwards, or back to the right time. */
function nextOffset(random: Random, offset: number): number {
  const jump = Math.round(hour * (year / hour) ** random.fraction())
  return random.pick([
    offset === 0 ? year : 0,
    offset + jump,
    offset + jump,
    offset - jump,
    offset > 0 ? offset - year : offset + year,
  ])
}

const nameOf = ({ tab, isFrame }: Place) => `tab ${tab}${isFrame ? ', its frame' : ''}`
const days = (ms: number) => `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / (24 * hour)).toFixed(1)} days`

/** Describes a step for the report of a failure. */
export function describe(step: Step): string {
  switch (step.type) {
    case 'open':
      return `tab ${step.tab}: opens with ${step.passphrase === 'none' ? 'no' : `the ${step.passphrase}`} passphrase${step.hasFrame ? ', and the app in a frame' : ''}`
    case 'duplicate':
      return `tab ${step.tab}: opens as a copy of tab ${step.from}`
    case 'say':
      return `${nameOf(step.place)}: says ${step.length} characters${step.isSaved ? ' and saves' : ''}`
    case 'answer':
      return `${nameOf(step.place)}: the agent says ${step.length} characters`
    case 'create':
      return `${nameOf(step.place)}: starts a new conversation`
    case 'cleanUp':
      return `${nameOf(step.place)}: cleans up`
    case 'restore':
      return `${nameOf(step.place)}: restores the listed conversation ${step.pick}`
    case 'remove':
      return `${nameOf(step.place)}: deletes the listed conversation ${step.pick}`
    case 'leave':
      return `tab ${step.tab}: the ${step.end}`
    case 'storm':
      return `every document says ${step.length} characters and saves; after ${step.afterMs} ms, for tab ${step.tab}, the ${step.end}`
    case 'clock':
      return `the clock is set to ${days(step.offset)}${step.isNoticed ? ' in open pages too' : ' for later pages'}`
    case 'quota':
      return `the quota becomes ${(step.bytes / megabyte).toFixed(2)} MB`
  }
}
