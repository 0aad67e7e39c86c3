import { setTimeout as delay } from 'node:timers/promises'
import { startWebKit, type WebDriverSession } from '../support/webkit.js'
import type { SoakBrowser, SoakPage } from './pages.js'

const pollMs = 20
const limitMs = 30_000

/** Launches WebKitGTK for the soak. */
export async function launchWebKit(): Promise<SoakBrowser> {
  const { session, close } = await startWebKit()
  return { newPage: async () => new WebKitPage(session, await session.openTab()), close }
}

class WebKitPage implements SoakPage {
  readonly #session: WebDriverSession
  readonly #handle: string

  constructor(session: WebDriverSession, handle: string) {
    this.#session = session
    this.#handle = handle
  }

  async goto(url: string): Promise<void> {
    await this.#command('/url', { url })
    await this.#waitUntilLoaded()
  }

  async reload(): Promise<void> {
    // The driver may respond before the new document exists.
    await this.#run("(window.isBefore = 'yes')")
    await this.#command('/refresh', {})
    await this.#waitUntilLoaded()
  }

  async goBack(): Promise<void> {
    await this.#run("(window.isBefore = 'yes')")
    await this.#command('/back', {})
    await this.#waitUntilLoaded()
  }

  #waitUntilLoaded(): Promise<void> {
    return this.#waitFor(
      "!('isBefore' in window) && document.readyState === 'complete' && (location.search === '?away' || 'soak' in window)",
    )
  }

  waitForSoak(): Promise<void> {
    return this.#waitFor("'soak' in window")
  }

  async #waitFor(condition: string): Promise<void> {
    for (const until = Date.now() + limitMs; Date.now() < until; await delay(pollMs)) {
      // A document that unloads meanwhile responds with an error.
      if (await this.#run(condition).catch(() => false)) return
    }
    throw new Error(`Not true within ${limitMs} ms: ${condition}`)
  }

  evaluate<Result>(run: () => Result): Promise<Awaited<Result>> {
    return this.#run(`(${run})()`)
  }

  async #run<Result>(expression: string): Promise<Awaited<Result>> {
    const script = `const done = arguments[0]
      Promise.resolve().then(() => ${expression})
        .then((value) => done({ value }), (error) => done({ error: String(error) }))`
    const answer = await this.#command<{ value?: Awaited<Result>; error?: string }>('/execute/async', {
      script,
      args: [],
    })
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.value as Awaited<Result>
  }

  /** The WebDriver closes a window without `beforeunload`. */
  async close({ runBeforeUnload = false } = {}): Promise<void> {
    if (runBeforeUnload) throw new Error("The WebDriver can't close a tab with beforeunload.")
    await this.#session.inTurn(async () => {
      await this.#select()
      await this.#session.command('DELETE', '/window')
    })
  }

  /** Copies sessionStorage into a new tab, because WebKit opens no window for a script without user activation. */
  async duplicate(): Promise<SoakPage> {
    const [href, items] = await this.evaluate(() => [location.href, JSON.stringify(sessionStorage)] as const)
    const copy = new WebKitPage(this.#session, await this.#session.openTab())
    await copy.goto(new URL('?away', href).href)
    await copy.#run(`Object.assign(sessionStorage, ${items})`)
    await copy.goto(href)
    return copy
  }

  /** The protocol reports no page errors. */
  onError(): void {}

  onCrash(): void {}

  #select(): Promise<unknown> {
    return this.#session.command('POST', '/window', { handle: this.#handle })
  }

  #command<Result>(path: string, body: object): Promise<Result> {
    return this.#session.inTurn(async () => {
      await this.#select()
      return this.#session.command<Result>('POST', path, body)
    })
  }
}
