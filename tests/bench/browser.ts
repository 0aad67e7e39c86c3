import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CDPSession, chromium, type Page } from 'playwright'
import { chromiumArgs, ensureChromium } from '../../.config/browser.js'

/** A bench page that measures how long its main thread is busy. */
export class Tab {
  readonly page: Page
  readonly #cdp: CDPSession
  readonly #url: string

  constructor(page: Page, cdp: CDPSession, url: string) {
    this.page = page
    this.#cdp = cdp
    this.#url = url
  }

  /** Loads the page and waits until it is idle. */
  async load(): Promise<void> {
    await this.page.goto(this.#url)
    await this.page.waitForFunction(() => 'bench' in window)
    await this.page.evaluate(() => window.bench.atRest())
  }

  /** Milliseconds that tasks on the page's main thread took during `work`: scripts, callbacks, garbage collection. */
  async busyMs<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
    const before = await this.#taskMs()
    const result = await work()
    return { ms: (await this.#taskMs()) - before, result }
  }

  async clear(): Promise<void> {
    await this.page.goto('about:blank')
    await this.#cdp.send('Storage.clearDataForOrigin', {
      origin: new URL(this.#url).origin,
      storageTypes: 'all',
    })
  }

  async #taskMs(): Promise<number> {
    const { metrics } = await this.#cdp.send('Performance.getMetrics')
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value
    if (seconds === undefined) throw new Error('This Chromium does not report its TaskDuration.')
    return seconds * 1_000
  }
}

/** Launches Chromium with a new profile on disk. */
export async function openBrowser(url: string) {
  const profile = await mkdtemp(join(tmpdir(), 'bench-profile-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: ensureChromium(),
    args: chromiumArgs,
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.on('pageerror', (error) => console.error(`In the page: ${error.message}`))
  page.setDefaultTimeout(600_000)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'timeTicks' })
  return {
    tab: new Tab(page, cdp, url),
    version: context.browser()?.version() ?? (await cdp.send('Browser.getVersion')).product,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
