import { setTimeout as delay } from 'node:timers/promises'
import type { Loaded } from './page/main.js'
import { type PageOptions, queryOf } from './page/options.js'
import type { SoakBrowser, SoakPage } from './pages.js'
import type { Truth } from './truth.js'

/** Milliseconds for a page to load: longer than each of the package's own limits. */
const loadLimitMs = 40_000

const CRASHED = "the page's process crashed"

/** A tab with the soak page. */
export class Tab {
  readonly browser: SoakBrowser
  readonly #url: string
  readonly #options: Partial<PageOptions>
  page: SoakPage
  /** Errors thrown by the page, and crashes. */
  readonly complaints: string[] = []
  #hasCrashed = false
  /** Rejects when the page crashes. */
  #crash: Promise<never> = new Promise(() => {})
  #onCrash = () => {}

  private constructor(browser: SoakBrowser, url: string, options: Partial<PageOptions>, page: SoakPage) {
    this.browser = browser
    this.#url = url
    this.#options = options
    this.page = this.#watched(page)
  }

  static async open(browser: SoakBrowser, url: string, options: Partial<PageOptions>): Promise<Tab> {
    const tab = new Tab(browser, url, options, await browser.newPage())
    await tab.page.goto(tab.address())
    return tab
  }

  address(sessionId: string | null = null): string {
    return `${this.#url}${queryOf({ ...this.#options, sessionId })}`
  }

  get awayAddress(): string {
    return `${this.#url}?away`
  }

  /** Resolves when the page has restored and compared its conversation. Rejects if it crashes, or with its state if it takes too long. */
  async loaded(page = this.page): Promise<Loaded> {
    const late = delay(loadLimitMs, null, { ref: false })
    const loaded = await Promise.race([page.evaluate(() => window.soak.loaded), late, this.#crash])
    if (loaded) return loaded
    const state = page.evaluate(() => window.soak.waitingFor())
    const silent = delay(loadLimitMs, 'it does not answer', { ref: false })
    throw new Error(`The page is still loading: ${await Promise.race([state, silent])}`)
  }

  /** Loads the page again after a crash. Returns false if it has not crashed. */
  async recover(): Promise<boolean> {
    if (!this.#hasCrashed) return false
    this.#expectCrash()
    await this.page.reload()
    return true
  }

  truth(): Promise<Truth | null> {
    return this.page.evaluate(() => window.soak.truth())
  }

  /** Replaces it with another tab, which restores the session. */
  async replace(sessionId: string): Promise<void> {
    this.page = this.#watched(await this.browser.newPage())
    await this.page.goto(this.address(sessionId))
  }

  #watched(page: SoakPage): SoakPage {
    page.onError((message) => this.complaints.push(message))
    page.onCrash(() => this.#onCrash())
    this.#expectCrash()
    return page
  }

  #expectCrash(): void {
    this.#hasCrashed = false
    this.#crash = new Promise((_, reject) => {
      this.#onCrash = () => {
        this.#hasCrashed = true
        this.complaints.push(CRASHED)
        reject(new Error(CRASHED))
      }
    })
    this.#crash.catch(() => undefined)
  }
}
