import type { Browser, Page } from 'puppeteer-core'
import { type Engine, launchBrowser } from './browsers.js'
import { launchWebKit } from './webkit.js'

/** The parts of a browser tab that the soak needs. */
export interface SoakPage {
  goto(url: string): Promise<void>
  reload(): Promise<void>
  goBack(): Promise<void>
  /** Runs a function in the page, without arguments, and resolves with its JSON result. */
  evaluate<Result>(run: () => Result): Promise<Awaited<Result>>
  /** Resolves when the soak page is running. */
  waitForSoak(): Promise<void>
  /** Resolves when the tab is closed. */
  close(options?: { runBeforeUnload?: boolean }): Promise<void>
  /** Opens a second tab from a script in the page, with the same URL and a copy of its sessionStorage. */
  duplicate(): Promise<SoakPage>
  onError(listener: (message: string) => void): void
  /** Called when the page's process has crashed. After that, the page answers only once it is loaded again. */
  onCrash(listener: () => void): void
}

export interface SoakBrowser {
  newPage(): Promise<SoakPage>
  close(): Promise<void>
}

export async function launchSoakBrowser(engine: Engine, hasPageCache: boolean): Promise<SoakBrowser> {
  return engine === 'webkitgtk'
    ? launchWebKit()
    : withPuppeteer(await launchBrowser({ engine, hasPageCache }))
}

const withPuppeteer = (browser: Browser): SoakBrowser => ({
  newPage: async () => asSoakPage(await browser.newPage()),
  close: () => browser.close(),
})

function asSoakPage(page: Page): SoakPage {
  return {
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    goBack: async () => void (await page.goBack()),
    evaluate: (run) => page.evaluate(run),
    // Polls with an interval, because a browser may give background tabs no frames.
    waitForSoak: async () => void (await page.waitForFunction(() => 'soak' in window, { polling: 50 })),
    async close({ runBeforeUnload = false } = {}) {
      const closed = new Promise((resolve) => page.once('close', resolve))
      await page.close({ runBeforeUnload })
      await closed
    },
    async duplicate() {
      const opened = new Promise<Page>((resolve, reject) => {
        page.once('popup', (popup) => (popup ? resolve(popup) : reject(new Error('No window was opened.'))))
      })
      await page.evaluate(() => void window.open(location.href))
      return asSoakPage(await opened)
    },
    onError: (listener) =>
      void page.on('pageerror', (error) => listener(error instanceof Error ? error.message : String(error))),
    onCrash: (listener) => void page.on('error', listener),
  }
}
