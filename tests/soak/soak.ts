import { setTimeout as delay } from 'node:timers/promises'
import type { Engine } from './browsers.js'
import { complaintsOf } from './judge.js'
import { type Leaving, leavings } from './leaving.js'
import type { Loaded } from './page/main.js'
import type { PageOptions } from './page/options.js'
import { launchSoakBrowser } from './pages.js'
import { type Random, randomOf } from './random.js'
import { Tab } from './tab.js'

export interface SoakOptions {
  engine: Engine
  seed: string
  /** How often the page leaves. */
  rounds: number
  url: string
  kinds?: readonly Leaving[]
  /** Messages from this many milliseconds before the page left may be lost. @default 100 */
  allowedMs?: number
  /** True if the agent is not notified that the page closes. */
  isDeaf?: boolean
  /** True if another tab of the site stays open, so that its process outlives the closed tabs. */
  hasNeighbour?: boolean
  /** Location of the encrypted records. @default 'indexeddb' */
  store?: PageOptions['store']
  onRound?: (round: Round) => void
}

/** One time that the page left and returned. */
export interface Round extends Loaded {
  number: number
  leaving: string
  /** Milliseconds that the page had been talking. */
  afterMs: number
  complaints: string[]
}

/** Weights of the ways to leave, in percent. */
const shares: Record<Leaving, number> = {
  reload: 50,
  'reload twice': 10,
  'navigate and return': 10,
  'navigate and go back': 10,
  'close, new tab': 8,
  'close unasked, new tab': 8,
  'duplicate, reload': 4,
}

/** Repeatedly lets a page talk and leave. In Chromium, half of the rounds have no back/forward cache. */
export async function soak(options: SoakOptions): Promise<Round[]> {
  const { engine, rounds } = options
  if (engine !== 'chromium') return soakBrowser(options, { hasPageCache: true, first: 0, count: rounds })
  const half = Math.ceil(rounds / 2)
  return [
    ...(await soakBrowser(options, { hasPageCache: true, first: 0, count: half })),
    ...(await soakBrowser(options, { hasPageCache: false, first: half, count: rounds - half })),
  ]
}

async function soakBrowser(
  {
    engine,
    seed,
    url,
    kinds,
    allowedMs = 100,
    isDeaf = false,
    hasNeighbour,
    store = 'indexeddb',
    onRound,
  }: SoakOptions,
  { hasPageCache, first, count }: { hasPageCache: boolean; first: number; count: number },
): Promise<Round[]> {
  const random = randomOf(`${seed}/leaving/${first}`)
  const browser = await launchSoakBrowser(engine, hasPageCache)
  const rounds: Round[] = []
  try {
    const newTab = () => Tab.open(browser, url, { ...pageOptions(seed, random), isDeaf, store })
    if (hasNeighbour) await (await browser.newPage()).goto(`${url}?away`)
    let tab = await newTab()
    await tab.loaded()
    for (let number = first; number < first + count; number++) {
      const leaving = pickLeaving(random, kinds)
      const afterMs = pickDelay(random)
      await delay(afterMs)
      const loaded = await leavings[leaving](tab, random)
        // A crash of the browser is a fault, and stored messages must survive it.
        .catch(async (cause: unknown) => {
          if (await tab.recover()) return tab.loaded()
          throw cause
        })
        .catch((cause: unknown) => {
          throw new Error(`Seed ${seed}, round ${number}, ${leaving}: ${cause}`, { cause })
        })
      const complaints = faultsOf(loaded, allowedMs)
      const round = {
        ...loaded,
        number,
        leaving,
        afterMs,
        complaints: [...complaints, ...tab.complaints.splice(0)],
      }
      rounds.push(round)
      onRound?.(round)
      // Occasionally another tab, with another way to restore.
      if (random.between(1, 60) === 1) {
        await tab.page.close()
        tab = await newTab()
        await tab.loaded()
      }
    }
  } finally {
    await browser.close()
  }
  return rounds
}

export function faultsOf({ verdict, isBetween, storage }: Loaded, allowedMs: number): string[] {
  const missing = isBetween ? [] : ['nothing to compare']
  const faults = verdict ? complaintsOf(verdict, allowedMs) : missing
  return storage === 'persistent' ? faults : [...faults, `the storage is ${storage}`]
}

function pageOptions(seed: string, random: Random): Partial<PageOptions> {
  return { seed, restore: random.pick(['all', 'newest']), limit: random.pick([60, 200, 600]) }
}

/** Mostly picks a short delay, and sometimes one longer than the debounce. */
function pickDelay(random: Random): number {
  const [from, to] = random.pick([
    [0, 30],
    [0, 200],
    [0, 200],
    [100, 400],
  ] as [[number, number], ...[number, number][]])
  return random.between(1, 50) === 1 ? random.between(2_000, 2_500) : random.between(from, to)
}

function pickLeaving(random: Random, kinds: readonly Leaving[] = Object.keys(shares) as Leaving[]): Leaving {
  const tickets = kinds.flatMap((kind) => Array.from({ length: shares[kind] }, () => kind))
  return tickets[random.between(0, tickets.length - 1)] ?? 'reload'
}
