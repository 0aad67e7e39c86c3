import { setMaxListeners } from 'node:events'
import type { PageGlobals } from './bundle.js'
import { createCryptoDouble, SimulatedKey } from './crypto-double.js'
import { Pipe, Violation, type World } from './world.js'

/** A tab's sessionStorage, which outlives its pages. As in browsers, items are own enumerable properties. */
export class StorageArea {
  #isFull = false

  /** While it is full, only values that are no longer than the ones they replace can be set. */
  setFull(isFull: boolean): void {
    this.#isFull = isFull
  }
  getItem(name: string): string | null {
    return Object.hasOwn(this, name) ? ((this as unknown as Record<string, string>)[name] ?? null) : null
  }
  setItem(name: string, value: string): void {
    if (this.#isFull && value.length > (this.getItem(name) ?? '').length)
      throw new DOMException('The storage is full.', 'QuotaExceededError')
    ;(this as unknown as Record<string, string>)[name] = value
  }
  removeItem(name: string): void {
    delete (this as unknown as Record<string, string>)[name]
  }
  copy(): StorageArea {
    return Object.assign(new StorageArea(), this)
  }
}

/** A page that isn't blocked responds within this many milliseconds. */
const ANSWER_MS = 1_000

interface HeldLock {
  page: Page
  onStolen: () => void
  /** True from when the page learns that it holds the lock until it releases it. Meanwhile, it responds to every request for it. */
  isAnswered: boolean
}

/** A queued lock request. */
interface WaitingRequest {
  page: Page
  grant(): void
}

/** A task that arrived while its page was frozen or busy. */
interface Missed {
  task: () => void
  /** Tasks from one source run in order. */
  source: string
}

interface PageTimer {
  id: number
  /** Milliseconds until it fires, from its start or from the page's return. */
  ms: number
  run: () => void
  /** A timer that fired while the page was busy doesn't run if the page clears it first. */
  isCleared?: boolean
}

interface Receiver {
  page: Page
  receive(data: unknown): void
}

type Channel = Pick<BroadcastChannel, 'postMessage' | 'close'> & {
  onmessage: ((event: { data: unknown }) => void) | null
}

/** State shared by the pages of one browser: Web Locks and broadcast channels. */
export class Browser {
  readonly world: World
  readonly pages = new Set<Page>()
  /** Messages that its pages have encrypted, by key and IV. */
  readonly encrypted = new Map<string, string>()
  /** Ids of keys that other code has planted. No page may encrypt anything with them. */
  readonly planted = new Set<number>()
  readonly #held = new Map<string, HeldLock>()
  readonly #waiting = new Map<string, WaitingRequest[]>()
  readonly #owners = new Map<string, Page[]>()
  readonly #channels = new Map<string, Set<Receiver>>()
  /** The last refused lock, by page and name, with its holder's `freezes` at the time. */
  readonly #refused = new Map<string, { lock: HeldLock; freezes: number }>()

  /** Locks that a page was refused and has not acquired since, by page and name. */
  readonly #lacking = new Set<string>()

  /** Called when a lock is stolen from a live page. */
  onRobbed: (name: string, from: Page) => void = () => {}

  constructor(world: World) {
    this.world = world
  }

  /** The page that holds a lock, if any. */
  holderOf(name: string): Page | null {
    return this.#held.get(name)?.page ?? null
  }

  /** Names of the locks that a page has. */
  heldBy(page: Page): string[] {
    return [...this.#held].flatMap(([name, held]) => (held.page === page ? [name] : []))
  }

  /** Every acquisition of the lock, as the page that acquired it. */
  ownersOf(name: string): readonly Page[] {
    return this.#owners.get(name) ?? []
  }

  /** True if the page was refused the lock and has not acquired it since. */
  lacks(page: Page, name: string): boolean {
    return this.#lacking.has(`${page.name} ${name}`)
  }

  /** Removes a closed page. Its locks are freed a little later, unless the browser keeps them. */
  remove(page: Page, keepsLocks: boolean): void {
    this.pages.delete(page)
    for (const channels of this.#channels.values()) {
      for (const channel of channels) if (channel.page === page) channels.delete(channel)
    }
    this.world.later(`locks of ${page.name} are ${keepsLocks ? 'kept' : 'freed'}`, () => {
      for (const [name, waiting] of this.#waiting) {
        this.#waiting.set(
          name,
          waiting.filter((request) => request.page !== page),
        )
      }
      if (keepsLocks) return
      for (const [name, lock] of this.#held) if (lock.page === page) this.#free(name)
    })
  }

  /** Releases the lock and grants it to the next request in the queue. */
  #free(name: string): void {
    this.#held.delete(name)
    this.#waiting.get(name)?.shift()?.grant()
  }

  /** A page may steal a lock only from a page that was silent. */
  #checkTheft(page: Page, name: string, holder: HeldLock): void {
    const refused = this.#refused.get(`${page.name} ${name}`)
    const { isDead, isFrozen, isSilent, freezes } = holder.page
    const wasAway = isDead || isFrozen || isSilent || freezes !== refused?.freezes
    if (refused?.lock !== holder || wasAway || !holder.isAnswered) return
    this.world.violate(
      new Violation(`${page.name} steals ${name} from ${holder.page.name}, which is responsive.`),
    )
  }

  /** A page's `navigator.locks`. Requests reach the browser in order, and so do its responses. */
  locksFor(page: Page): Pick<LockManager, 'request' | 'query'> {
    const requests = new Pipe(this.world, `${page.name} asks for a lock`)
    const answers = new Pipe(this.world, `${page.name} hears of a lock`)
    const ask = (run: () => void) => requests.post(() => page.isDead || run())
    const answer = (run: () => void) => answers.post(() => page.run(run, 'locks'))

    type Callback = (lock: unknown) => unknown
    const request = (name: string, given: LockOptions | Callback, then?: Callback) =>
      new Promise<unknown>((resolve, reject) => {
        const [options, callback] = typeof given === 'function' ? [{}, given] : [given, then as Callback]
        const { signal } = options
        const abort = () => reject(new DOMException('The request was aborted.', 'AbortError'))
        if (signal?.aborted) return abort()
        let isAborted = false
        /** Once true, the signal has no effect. */
        let isAnswered = false
        const respond = (isGranted: boolean) => {
          const holder = this.#held.get(name)
          const lock: HeldLock = {
            page,
            isAnswered: false,
            onStolen: () =>
              answers.post(() =>
                page.run(() => reject(new DOMException('The lock was stolen.', 'AbortError')), 'locks'),
              ),
          }
          if (holder && isGranted) this.#checkTheft(page, name, holder)
          else if (holder?.isAnswered && !holder.page.isFrozen)
            this.#refused.set(`${page.name} ${name}`, { lock: holder, freezes: holder.page.freezes })
          if (isGranted) this.#lacking.delete(`${page.name} ${name}`)
          else this.#lacking.add(`${page.name} ${name}`)
          const how = options.steal ? 'steals' : isGranted ? 'gets' : 'is refused'
          this.world.log?.(`    ${page.name} ${how} ${name}${holder ? ` of ${holder.page.name}` : ''}`)
          if (isGranted) {
            this.#held.set(name, lock)
            this.#owners.set(name, [...this.ownersOf(name), page])
            holder?.onStolen()
            // A page that was granted the lock when it stopped waiting for it steals it from itself.
            if (holder && holder.page !== page && !holder.page.isDead) this.onRobbed(name, holder.page)
          }
          answer(() => {
            if (isAborted) {
              return ask(() => {
                if (this.#held.get(name) === lock) this.#free(name)
              })
            }
            isAnswered = true
            const result = Promise.resolve(callback(isGranted ? { name } : null))
            if (!isGranted) return void result.then(resolve, reject)
            lock.isAnswered = true
            const release = (settle: () => void) => {
              lock.isAnswered = false
              ask(() => {
                if (this.#held.get(name) === lock) this.#free(name)
                answer(settle)
              })
            }
            result.then(
              (value) => release(() => resolve(value)),
              (error) => release(() => reject(error)),
            )
          })
        }
        const request: WaitingRequest = { page, grant: () => respond(true) }
        signal?.addEventListener('abort', () => {
          if (isAnswered) return
          isAborted = true
          abort()
          ask(() => {
            const waiting = this.#waiting.get(name) ?? []
            this.#waiting.set(
              name,
              waiting.filter((each) => each !== request),
            )
          })
        })
        ask(() => {
          if (options.steal || !this.#held.has(name)) respond(true)
          else if (options.ifAvailable) respond(false)
          else this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), request])
        })
      })

    const query = () =>
      new Promise<LockManagerSnapshot>((resolve) =>
        ask(() => {
          const held = [...this.#held].map(([name, lock]) => ({
            name,
            mode: 'exclusive' as const,
            clientId: lock.page.name,
          }))
          answer(() => resolve({ held, pending: [] }))
        }),
      )

    return { request, query } as Pick<LockManager, 'request' | 'query'>
  }

  /** The `BroadcastChannel` of a page's globals. */
  channelsFor(page: Page): new (name: string) => Channel {
    const { world } = this
    const channels = this.#channels
    return class implements Channel, Receiver {
      readonly page = page
      onmessage: Channel['onmessage'] = null
      readonly #name: string
      readonly #inbox = new Pipe(world, `${page.name} gets a message`)
      #isClosed = false

      constructor(name: string) {
        this.#name = name
        channels.set(name, channels.get(name) ?? new Set())
        channels.get(name)?.add(this)
      }
      receive(data: unknown): void {
        this.#inbox.post(() =>
          page.run(() => {
            world.log?.(`    ${page.name} ${this.#isClosed ? 'no longer ' : ''}hears ${JSON.stringify(data)}`)
            if (!this.#isClosed) this.onmessage?.({ data })
          }, 'messages'),
        )
      }
      postMessage(data: unknown): void {
        if (this.#isClosed) throw new DOMException('Channel is closed', 'InvalidStateError')
        const copy = structuredClone(data)
        for (const other of channels.get(this.#name) ?? []) if (other !== this) other.receive(copy)
      }
      close(): void {
        this.#isClosed = true
        channels.get(this.#name)?.delete(this)
      }
    }
  }
}

/** A document in a tab, from load to unload. None of its callbacks run after that. */
export class Page {
  readonly name: string
  readonly browser: Browser
  readonly area: StorageArea
  readonly frame: string | undefined
  readonly #window = new PageEvents()
  readonly #document = Object.assign(new PageEvents(), { visibilityState: 'visible' })
  /** Tasks that arrived while the page was in the back/forward cache or busy. */
  #missed: Missed[] = []
  /** Missed tasks that are still to run, by source. Tasks from one source keep their order. */
  readonly #backlogs = new Map<string, { pipe: Pipe; left: number }>()
  /** True while a long task or a dialog blocks the page. */
  isBusy = false
  /** True while the page is unresponsive, and shortly after, for so long that other pages may take over its sessions. */
  get isSilent(): boolean {
    return this.#silences > 0
  }
  #silences = 0
  wasSilent = false
  /** Paused while the page is in the back/forward cache. */
  readonly #timers = new Set<PageTimer>()
  isDead = false
  isFrozen = false
  /** True if the disk answers the page in the same task, for a page that only looks at it. */
  isInstant = false
  /** Number of pending operations. */
  waiting = 0
  /** Number of pending cipher operations, also counted in `waiting`. */
  sealing = 0
  /** How often the page has been frozen or silent. */
  freezes = 0
  /** Number of failed disk operations. */
  failures = 0
  /** Faults that the page has encountered. */
  readonly faults = new Set<string>()

  /** @param frame Name of the frame that contains the page, if any. */
  constructor(browser: Browser, name: string, area: StorageArea, frame?: string) {
    this.browser = browser
    this.name = name
    this.area = area
    this.frame = frame
    browser.pages.add(this)
  }

  /** Counts the page as waiting until the promise settles. */
  async waitFor<T>(answer: Promise<T>): Promise<T> {
    this.waiting++
    try {
      return await answer
    } finally {
      this.waiting--
    }
  }

  /**
   * Runs a task in the page, or queues it as missed if the page can't run it now.
   *
   * @param source Tasks from one source run in order. @default none: the page's own events, which happen when they are dispatched
   */
  run(task: () => void, source?: string): void {
    if (source !== undefined && this.#backlogs.has(source)) this.#catchUp({ task, source })
    else this.#attempt({ task, source: source ?? 'tasks' })
  }

  #attempt(missed: Missed): void {
    if (this.isDead) return
    if (this.isFrozen || this.isBusy) this.#missed.push(missed)
    else this.browser.world.attempt(missed.task)
  }

  /** Schedules a missed task behind the other missed tasks from its source. */
  #catchUp(missed: Missed): void {
    const { source } = missed
    const pipe = new Pipe(this.browser.world, `${this.name} catches up with its ${source}`)
    const backlog = this.#backlogs.get(source) ?? { pipe, left: 0 }
    backlog.left++
    this.#backlogs.set(source, backlog)
    backlog.pipe.post(() => {
      if (--backlog.left === 0) this.#backlogs.delete(source)
      this.#attempt(missed)
    })
  }

  #catchUpAll(): void {
    const missed = this.#missed
    this.#missed = []
    for (const each of missed) this.#catchUp(each)
  }

  dispatch(type: string, event: object = {}): void {
    this.run(() => this.#window.dispatch({ ...event, type }))
  }

  /** Unloads or hides the page. Its listeners run synchronously. */
  hide(): void {
    this.#document.visibilityState = 'hidden'
    this.run(() => {
      this.#window.dispatch({ type: 'beforeunload' })
      this.#document.dispatch({ type: 'visibilitychange' })
      this.#window.dispatch({ type: 'pagehide', persisted: this.isFrozen })
    })
  }

  /** A dialog blocks the page for longer than other pages wait for a response. */
  fallSilent(ms: number): void {
    if (!this.block(ms)) return
    this.wasSilent = true
    this.#silences++
    this.freezes++
    // Another page may have asked just before the dialog was closed.
    this.browser.world.setTimer(() => {
      this.#silences--
      this.freezes++
    }, ms + ANSWER_MS)
  }

  /** Blocks the page for this long. Returns false if the page is already blocked. */
  block(ms: number): boolean {
    const { world } = this.browser
    // Missed tasks run before the page is busy again.
    if (this.isBusy || this.#backlogs.size > 0 || this.isFrozen || this.isDead) return false
    this.isBusy = true
    world.setTimer(() => {
      this.isBusy = false
      if (!this.isDead && !this.isFrozen) this.#catchUpAll()
    }, ms)
    return true
  }

  /** Moves the page into the back/forward cache, after its `pagehide`. */
  freeze(): void {
    const { world } = this.browser
    this.dispatch('pagehide', { persisted: true })
    this.isFrozen = true
    this.freezes++
    for (const timer of this.#timers) timer.ms = world.clearTimer(timer.id)
  }

  /**
   * Restores the page from the back/forward cache: first `pageshow`, then the missed tasks.
   *
   * @param listener An extra `pageshow` listener, which runs first or last.
   */
  thaw(listener: () => void, isFirst: boolean): void {
    if (this.isDead || !this.isFrozen) return
    this.isFrozen = false
    if (isFirst) this.run(listener)
    this.dispatch('pageshow', { persisted: true })
    if (!isFirst) this.run(listener)
    this.#catchUpAll()
    for (const timer of this.#timers) this.#start(timer)
  }

  #start(timer: PageTimer): PageTimer {
    const { world } = this.browser
    this.#timers.add(timer)
    if (this.isFrozen) return timer
    timer.id = world.setTimer(() => {
      this.#timers.delete(timer)
      this.run(() => timer.isCleared || timer.run())
    }, timer.ms)
    return timer
  }

  /** @param keepsLocks Keeps its locks, as a page that stays frozen does. */
  die(keepsLocks = false): void {
    this.isDead = true
    this.#missed = []
    this.browser.remove(this, keepsLocks)
  }

  /** Globals of a page that has a document and renders. */
  document(): PageGlobals {
    const { setTimeout, clearTimeout } = this.#timerFunctions()
    return {
      document: this.#document,
      requestAnimationFrame: (run: () => void) => setTimeout(run, 16),
      cancelAnimationFrame: clearTimeout,
      requestIdleCallback: (run: () => void) => setTimeout(run, 50),
      cancelIdleCallback: clearTimeout,
    }
  }

  #timerFunctions() {
    const { world } = this.browser
    return {
      setTimeout: (run: () => void, ms = 0) => this.#start({ id: 0, ms, run }),
      clearTimeout: (timer?: PageTimer) => {
        if (!timer) return
        timer.isCleared = true
        this.#timers.delete(timer)
        world.clearTimer(timer.id)
      },
    }
  }

  /** Browser globals for the page's code. */
  globals(
    extra: PageGlobals & { openRecordStore?: unknown; codeArrives?: unknown } = {},
    navigator: object = {},
  ): PageGlobals {
    const { world } = this.browser
    const { setTimeout: setTimer, clearTimeout: clearTimer } = this.#timerFunctions()
    const setRepeating = (run: () => void, ms = 0) => {
      const timer = setTimer(() => {
        this.#start(Object.assign(timer, { ms }))
        run()
      }, ms)
      return timer
    }
    const globals: PageGlobals = {
      navigator: { locks: this.browser.locksFor(this), ...navigator },
      crypto: this.#crypto(),
      CryptoKey: SimulatedKey,
      sessionStorage: this.area,
      BroadcastChannel: this.browser.channelsFor(this),
      AbortSignal: Object.assign(Object.create(AbortSignal), { any: anyOf }),
      Date: dateOf(world),
      Math: Object.assign(Object.create(Math), { random: () => world.random() }),
      performance: { now: () => world.elapsed },
      setTimeout: setTimer,
      clearTimeout: clearTimer,
      setInterval: setRepeating,
      clearInterval: clearTimer,
      addEventListener: this.#window.addEventListener,
      removeEventListener: this.#window.removeEventListener,
      ...extra,
      // Only a frame has a parent.
      ...(this.frame === undefined ? {} : { name: this.frame, parent: {} }),
    } as PageGlobals
    return { ...globals, window: globals, self: globals, globalThis: globals }
  }

  #crypto() {
    const { world } = this.browser
    return createCryptoDouble({
      nextId: () => world.nextId(),
      random: () => world.random(),
      schedule: <T>(answer: () => T) => {
        this.sealing++
        return this.waitFor(
          new Promise<T>((resolve, reject) =>
            world.later(`${this.name} has a cipher's answer`, () =>
              this.run(() => {
                try {
                  resolve(answer())
                } catch (error) {
                  reject(error)
                }
              }),
            ),
          ),
        ).finally(() => {
          this.sealing--
        })
      },
      onReusedIv: () => world.violate(new Violation('A key was used twice with one IV.')),
      onEncrypt: ({ id }) => {
        if (this.browser.planted.has(id))
          world.violate(new Violation(`${this.name} encrypts with a planted key.`))
      },
      used: this.browser.encrypted,
    })
  }
}

type Listener = (event: Record<string, unknown>) => void

/** Listeners of a page's window or document, in registration order. */
class PageEvents {
  readonly #listeners = new Map<string, Set<Listener>>()

  readonly addEventListener = (
    type: string,
    listener: Listener,
    options?: { signal?: AbortSignal },
  ): void => {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener))
    options?.signal?.addEventListener('abort', () => this.removeEventListener(type, listener))
  }

  readonly removeEventListener = (type: string, listener: Listener): void => {
    this.#listeners.get(type)?.delete(listener)
  }

  dispatch(event: Record<string, unknown>): void {
    for (const listener of [...(this.#listeners.get(String(event.type)) ?? [])]) listener(event)
  }
}

function dateOf(world: World): DateConstructor {
  return class extends Date {
    constructor(...args: [] | [number | string]) {
      super(...((args.length === 0 ? [world.now()] : args) as [number]))
    }
    static override now = () => world.now()
  } as DateConstructor
}

/** Like `AbortSignal.any`. Node never releases the listeners of its own, and with them every simulated page. */
function anyOf(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  setMaxListeners(0, ...signals)
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason)
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
  }
  return controller.signal
}
