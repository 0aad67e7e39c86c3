import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureWebKit } from '../../.config/browser.js'

const pollMs = 20
const limitMs = 30_000

/** Starts WebKitGTK's MiniBrowser on a virtual display, controlled by its WebDriver. */
export async function startWebKit(): Promise<{ session: WebDriverSession; close(): Promise<void> }> {
  const { driver, browser, display } = ensureWebKit()
  const home = await mkdtemp(join(tmpdir(), 'webkit-'))
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
      // Isolates it from the desktop session: no bus, no settings, no accessibility.
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
      NO_AT_BRIDGE: '1',
      GSETTINGS_BACKEND: 'memory',
      HOME: home,
      XDG_DATA_HOME: join(home, 'data'),
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_CONFIG_HOME: join(home, 'config'),
    }
    started.push(spawn(driver, [`--port=${port}`], { env, stdio: 'ignore' }))
    const session = await WebDriverSession.begin(`http://127.0.0.1:${port}`, browser)
    return {
      session,
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

/** A WebDriver session. It has one current window, so the commands for all pages run one after the other. */
export class WebDriverSession {
  readonly #address: string
  #tail: Promise<unknown> = Promise.resolve()
  #first: string | undefined

  private constructor(address: string) {
    this.#address = address
  }

  static async begin(driver: string, binary: string): Promise<WebDriverSession> {
    const capabilities = {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } },
    }
    for (const until = Date.now() + limitMs; ; ) {
      try {
        const { sessionId } = await send<{ sessionId: string }>('POST', `${driver}/session`, { capabilities })
        return new WebDriverSession(`${driver}/session/${sessionId}`)
      } catch (error) {
        // The driver may not be listening yet.
        if (!(error instanceof TypeError) || Date.now() > until) throw error
        await delay(pollMs)
      }
    }
  }

  /** Opens a tab. The first window stays open, because a session ends with its last window. */
  async openTab(): Promise<string> {
    return this.inTurn(async () => {
      this.#first ??= await this.command<string>('GET', '/window')
      await this.command('POST', '/window', { handle: this.#first })
      return (await this.command<{ handle: string }>('POST', '/window/new', { type: 'tab' })).handle
    })
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
