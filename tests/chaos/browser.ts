import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type CDPSession, chromium, type Frame, type Page } from 'playwright'
import { chromiumArgs, findChromium } from '../../.config/browser.js'
import { kill } from '../support/kill-browser.js'
import type { Note } from './oracle.js'
import type { Place } from './plan.js'

/** A browser whose profile outlives it, with a quota, and with documents that report to this process. Each run uses a separate origin. */
export class ChaosBrowser {
  readonly #profile = mkdtempSync(join(tmpdir(), 'redux-voice-agent-chaos-'))
  readonly #port: string
  #url = ''
  #onNote: (note: Note) => void = () => {}
  readonly #tabs = new Map<number, Page>()
  #context: BrowserContext | null = null
  #cdp: CDPSession | null = null
  #quota: number | null = null
  /** Errors that pages threw. */
  complaints: string[] = []

  private constructor(port: string) {
    this.#port = port
  }

  /** @param url URL of the served page. */
  static async launch(url: string): Promise<ChaosBrowser> {
    const browser = new ChaosBrowser(new URL(url).port)
    await browser.#start()
    return browser
  }

  /** Starts a run on a separate origin. */
  async begin(name: string, onNote: (note: Note) => void): Promise<void> {
    this.#url = `http://${name}.localhost:${this.#port}/`
    this.#onNote = onNote
    this.complaints = []
    this.#quota = null
    await this.#openKeeper()
  }

  /** Ends a run and deletes its data. */
  async end(): Promise<void> {
    this.#onNote = () => {}
    for (const tab of this.tabs) await this.closeTab(tab)
    const { origin } = new URL(this.#url)
    await this.#cdp?.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  }

  async #start(): Promise<void> {
    const executablePath = findChromium()
    const context = await chromium.launchPersistentContext(this.#profile, {
      ...(executablePath ? { executablePath } : {}),
      args: chromiumArgs,
    })
    this.#context = context
    await context.exposeFunction('chaosNote', (note: string) => this.#onNote(JSON.parse(note)))
    context.on('weberror', (error) => this.complaints.push(`thrown: ${error.error().message}`))
  }

  /** Opens a page that keeps the quota, because Chromium drops it with the session that set it. */
  async #openKeeper(): Promise<void> {
    const context = this.#openContext()
    const keeper = context.pages()[0] ?? (await context.newPage())
    await keeper.goto(`${this.#url}?empty`)
    this.#cdp = await context.newCDPSession(keeper)
    await this.#applyQuota()
  }

  async setQuota(bytes: number | null): Promise<void> {
    this.#quota = bytes
    await this.#applyQuota()
  }

  async #applyQuota(): Promise<void> {
    const { origin } = new URL(this.#url)
    const quota = this.#quota === null ? {} : { quotaSize: this.#quota }
    await this.#cdp?.send('Storage.overrideQuotaForOrigin', { origin, ...quota })
  }

  /** Loads the app in a tab, replacing its page. @returns the page */
  async open(tab: number, query: string): Promise<Page> {
    const page = this.#tabs.get(tab) ?? (await this.#openContext().newPage())
    this.#tabs.set(tab, page)
    await page.goto(`${this.#url}?${query}`)
    return page
  }

  /** Opens a tab with a copy of another one's sessionStorage. */
  async duplicate(tab: number, from: number, query: string): Promise<void> {
    const copied = await this.pageOf(from).evaluate(() => ({ ...sessionStorage }) as Record<string, string>)
    await this.closeTab(tab)
    const page = await this.open(tab, 'empty')
    await page.evaluate((items) => void Object.assign(sessionStorage, items), copied)
    await this.open(tab, query)
  }

  pageOf(tab: number): Page {
    const page = this.#tabs.get(tab)
    if (!page) throw new Error(`Tab ${tab} is not open.`)
    return page
  }

  get tabs(): number[] {
    return [...this.#tabs.keys()]
  }

  /** The document at a place. If the tab no longer has a frame, its page. */
  documentAt({ tab, isFrame }: Place): Page | Frame {
    const page = this.pageOf(tab)
    return (isFrame && page.frames()[1]) || page
  }

  async closeTab(tab: number): Promise<void> {
    await this.#tabs.get(tab)?.close()
    this.#tabs.delete(tab)
  }

  async crashTab(tab: number): Promise<void> {
    const page = this.pageOf(tab)
    const crashed = page.waitForEvent('crash')
    const cdp = await this.#context?.newCDPSession(page)
    // Never settles, because the page is gone.
    cdp?.send('Page.crash').catch(() => undefined)
    await crashed
    await this.closeTab(tab)
  }

  /** Kills the browser with `SIGKILL` and starts another one with the same profile. */
  async killAndStart(): Promise<void> {
    this.#tabs.clear()
    if (this.#context) await kill(this.#context)
    await this.#start()
    await this.#openKeeper()
  }

  async close(): Promise<void> {
    await this.#context?.close()
    // A browser may keep writing for a moment after it is closed.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }

  #openContext(): BrowserContext {
    if (!this.#context) throw new Error('The browser has not been started.')
    return this.#context
  }
}
