import type { Loaded } from './page/main.js'
import { type PageOptions, queryOf } from './page/options.js'
import type { SoakBrowser, SoakPage } from './pages.js'
import type { Truth } from './truth.js'

/** A tab with the soak page. */
export class Tab {
  readonly browser: SoakBrowser
  readonly #url: string
  readonly #options: Partial<PageOptions>
  page: SoakPage
  /** Errors thrown by the page. */
  readonly complaints: string[] = []

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

  loaded(page = this.page): Promise<Loaded> {
    return page.evaluate(() => window.soak.loaded)
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
    return page
  }
}
