import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'puppeteer-core'
import type { RestoreDepth } from '../../middleware/drivers/storage/ports.js'
import { launchBrowser } from './browsers.js'
import type { Loaded } from './page/main.js'
import { type PageOptions, queryOf } from './page/options.js'
import { randomOf } from './random.js'
import { faultsOf, type Round } from './soak.js'
import { type Entry, note, type Truth } from './truth.js'

export interface CrashOptions {
  seed: string
  rounds: number
  url: string
  /** One in this many rounds uses the default debounce and maximum wait. The others use shorter ones. */
  defaultsEvery?: number
  onRound?: (round: Round) => void
}

type Crash = 'tab crashes' | 'browser is killed'

const timings = {
  defaults: { debounceMs: 2_000, maxWaitMs: 5_000 },
  short: { debounceMs: 200, maxWaitMs: 500 },
} as const

/** Milliseconds added to the maximum wait for the timer, the encryption, and the transaction to reach the browser. */
const slackMs = 500

/** Lets a page talk, and kills it or its browser at a random moment. The page reports to the driver what it sees. */
export async function crash({
  seed,
  rounds,
  url,
  defaultsEvery = 4,
  onRound,
}: CrashOptions): Promise<Round[]> {
  const random = randomOf(`${seed}/crash`)
  const profile = await mkdtemp(join(tmpdir(), 'soak-profile-'))
  let browser = await launchBrowser({ engine: 'chromium', profile })
  const done: Round[] = []
  const optionsOf = (number: number) => ({
    seed,
    limit: 600,
    restore: random.pick<RestoreDepth>(['all', 'newest']),
    ...(number % defaultsEvery === defaultsEvery - 1 ? timings.defaults : timings.short),
  })
  try {
    let options = optionsOf(0)
    let watched = await open(browser, url, options, null)
    await watched.loaded
    for (let number = 0; number < rounds; number++) {
      const { debounceMs, maxWaitMs } = options
      const kind: Crash = random.between(1, 4) === 1 ? 'browser is killed' : 'tab crashes'
      const afterMs = random.between(0, maxWaitMs + 2 * debounceMs)
      await delay(afterMs)
      const truth = { ...watched.truth(), leftAt: Date.now() }
      if (kind === 'browser is killed') {
        await kill(browser)
        browser = await launchBrowser({ engine: 'chromium', profile })
      } else {
        await crashTab(watched.page)
      }
      options = optionsOf(number + 1)
      watched = await open(browser, url, options, truth)
      const loaded = await watched.loaded
      const round: Round = {
        ...loaded,
        number,
        leaving: `${kind}, saves after ${debounceMs / 1_000} s, ${maxWaitMs / 1_000} s at most`,
        afterMs,
        complaints: [...faultsOf(loaded, maxWaitMs + slackMs), ...watched.complaints],
      }
      done.push(round)
      onRound?.(round)
    }
  } finally {
    await browser.close()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  return done
}

interface Watched {
  page: Page
  loaded: Promise<Loaded>
  truth: () => Truth
  complaints: string[]
}

/** Opens a tab that restores the session of `before`, and reports what it sees. */
async function open(
  browser: Browser,
  url: string,
  options: Partial<PageOptions>,
  before: Truth | null,
): Promise<Watched> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error instanceof Error ? error.message : String(error)))
  const cdp = await page.createCDPSession()
  let truth: Truth | null = null
  cdp.on('Runtime.bindingCalled', ({ payload }) => {
    const told: Truth | Entry = JSON.parse(payload)
    if ('restored' in told) truth = told
    else if (truth) note(truth, told, 2 * timings.defaults.maxWaitMs)
  })
  await cdp.send('Runtime.enable')
  await cdp.send('Runtime.addBinding', { name: 'soakNote' })
  if (before) await page.evaluateOnNewDocument(`window.soakTruth = ${JSON.stringify(before)}`)
  await page.goto(`${url}${queryOf({ ...options, sessionId: before?.sessionId ?? null })}`)
  return {
    page,
    complaints,
    loaded: page.evaluate(() => window.soak.loaded),
    truth: () => {
      if (!truth) throw new Error('The page has not reported anything.')
      return truth
    },
  }
}

async function crashTab(page: Page): Promise<void> {
  const crashed = new Promise((resolve) => page.once('error', resolve))
  const cdp = await page.createCDPSession()
  // Never settles, because the page is gone.
  cdp.send('Page.crash').catch(() => undefined)
  await crashed
  await page.close()
}

async function kill(browser: Browser): Promise<void> {
  const child = browser.process()
  if (!child) throw new Error('The browser has no process.')
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
