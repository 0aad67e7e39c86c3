import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureWebKit } from '../../.config/browser.js'
import type { SoakBrowser, SoakPage } from './pages.js'

const pollMs = 20
const limitMs = 30_000

/** Starts WebKitGTK's MiniBrowser on a display without a screen, driven by its WebDriver. */
export async function launchWebKit(): Promise<SoakBrowser> {
  const { driver, browser, display } = ensureWebKit()
  const home = await mkdtemp(join(tmpdir(), 'soak-webkit-'))
  const started: ChildProcess[] = []
  async function stop() {
    for (const child of started.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const screen = spawn(display, ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    started.push(screen)
    const [number] = await once(screen.stdio[3] as Readable, 'data')
    const port = await freePort()
    const env = {
      ...process.env,
      DISPLAY: `:${String(number).trim()}`,
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      // Nothing of the user's session: no bus, no settings, no accessibility.
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      NO_AT_BRIDGE: '1',
      GSETTINGS_BACKEND: 'memory',
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: join(home, 'config'),
    }
    started.push(spawn(driver, [`--port=${port}`], { env, stdio: 'ignore' }))
    const session = await Session.begin(`http://127.0.0.1:${port}`, browser)
    return {
      newPage: () => session.newPage(),
      async close() {
        await session.end().catch(() => undefined)
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A session of the WebDriver protocol. It has one current window, so the commands of all pages run one after the other. */
class Session {
  readonly #address: string
  #tail: Promise<unknown> = Promise.resolve()
  #first: string | undefined

  private constructor(address: string) {
    this.#address = address
  }

  static async begin(driver: string, binary: string): Promise<Session> {
    const capabilities = {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } },
    }
    for (const until = Date.now() + limitMs; ; ) {
      try {
        const { sessionId } = await send<{ sessionId: string }>('POST', `${driver}/session`, { capabilities })
        return new Session(`${driver}/session/${sessionId}`)
      } catch (error) {
        // The driver may not listen yet.
        if (!(error instanceof TypeError) || Date.now() > until) throw error
        await delay(pollMs)
      }
    }
  }

  /** The first window stays open, because the session ends with its last one and a new one needs another. */
  async newPage(): Promise<WebKitPage> {
    const handle = await this.inTurn(async () => {
      this.#first ??= await this.command<string>('GET', '/window')
      await this.command('POST', '/window', { handle: this.#first })
      return (await this.command<{ handle: string }>('POST', '/window/new', { type: 'tab' })).handle
    })
    return new WebKitPage(this, handle)
  }

  end(): Promise<unknown> {
    return this.command('DELETE', '')
  }

  command<Result = unknown>(method: string, path: string, body?: object): Promise<Result> {
    return send<Result>(method, `${this.#address}${path}`, body)
  }

  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => undefined)
    return done
  }
}

class WebKitPage implements SoakPage {
  readonly #session: Session
  readonly #handle: string

  constructor(session: Session, handle: string) {
    this.#session = session
    this.#handle = handle
  }

  async goto(url: string): Promise<void> {
    await this.#command('/url', { url })
    await this.#waitUntilLoaded()
  }

  async reload(): Promise<void> {
    // The driver may answer before the new document is there.
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
      // A document that goes meanwhile answers with an error.
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
    if (runBeforeUnload) throw new Error('WebKitGTK closes no tab with beforeunload here.')
    await this.#session.inTurn(async () => {
      await this.#select()
      await this.#session.command('DELETE', '/window')
    })
  }

  /** Copies sessionStorage into a new tab: WebKit opens no window for a script that no user has called. */
  async duplicate(): Promise<SoakPage> {
    const [href, items] = await this.evaluate(() => [location.href, JSON.stringify(sessionStorage)] as const)
    const copy = await this.#session.newPage()
    await copy.goto(new URL('?away', href).href)
    await copy.#run(`Object.assign(sessionStorage, ${items})`)
    await copy.goto(href)
    return copy
  }

  /** The protocol reports no errors of a page. */
  onError(): void {}

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

async function send<Result>(method: string, address: string, body?: object): Promise<Result> {
  const response = await fetch(address, { method, ...(body ? { body: JSON.stringify(body) } : {}) })
  const { value } = (await response.json()) as { value: Result & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`)
  return value
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
