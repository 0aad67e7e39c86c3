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
  /** How often the page goes. */
  rounds: number
  url: string
  kinds?: readonly Leaving[]
  /** Milliseconds before the page left in which messages may be lost. @default 100 */
  allowedMs?: number
  /** True if the agent is not notified that the page closes. */
  isDeaf?: boolean
  /** True if another tab of the site stays open: then its process outlives the tabs that are closed. */
  hasNeighbour?: boolean
  /** Place of the encrypted records. @default 'indexeddb' */
  store?: PageOptions['store']
  onRound?: (round: Round) => void
}

/** One time that the page went and came back. */
export interface Round extends Loaded {
  number: number
  leaving: string
  /** Milliseconds that the page had talked. */
  afterMs: number
  complaints: string[]
}

/** How often each kind comes up, of a hundred. */
const shares: Record<Leaving, number> = {
  reload: 50,
  'reload twice': 10,
  'navigate and return': 10,
  'navigate and go back': 10,
  'close, new tab': 8,
  'close unasked, new tab': 8,
  'duplicate, reload': 4,
}

/** Lets a page talk and go, over and over. Half of the rounds without a back/forward cache, in Chromium. */
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
      const loaded = await leavings[leaving](tab, random).catch((cause: unknown) => {
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
      // Another tab now and then, with another way to restore.
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

/** Picks a short delay mostly, and now and then one longer than the debounce. */
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
