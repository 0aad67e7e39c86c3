import type * as fc from 'fast-check'

/** Milliseconds that a message, a disk or a cipher takes at most, unless it hangs: a timer that is due later fires after it. */
const LATENCY_MS = 50
/** Events of one run. More means that something starts itself again for ever. */
const MAX_EVENTS = 20_000

export class Violation extends Error {
  override name = 'Violation'
}

interface Timer {
  id: number
  dueAt: number
  run: () => void
}

/**
 * One run: everything that happens later is a task of the scheduler, so that a run is a function of its seed. A task is an event
 * of a browser: all that follows from it in microtasks is done before the next one.
 */
export class World {
  readonly #scheduler: fc.Scheduler
  /** Milliseconds since the beginning, which only ever grow. */
  #time = 0
  /** Milliseconds between that and what the machine's clock shows. */
  #clockStart = 1_700_000_000_000
  #timers: Timer[] = []
  #isTickScheduled = false
  #lastId = 0
  /** No timer fires that is due after this. */
  #until = Number.POSITIVE_INFINITY
  #events = 0
  #random: number
  /** When each task that is under way has happened at the latest. */
  readonly #deadlines = new Set<{ at: number }>()
  readonly #violations: unknown[] = []
  /** Called after each event. */
  onEvent: () => void = () => {}
  /** Describes the events so far, for a test that runs a seed twice. */
  trace = 0
  /** Told what happens, while a violation is looked into. */
  log: ((line: string) => void) | null = null

  constructor(scheduler: fc.Scheduler, seed = 1) {
    this.#scheduler = scheduler
    this.#random = seed >>> 0 || 1
  }

  get events(): number {
    return this.#events
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#time
  }

  /** Time of the system clock. */
  now(): number {
    return this.#clockStart + this.#time
  }

  /** Sets the machine's clock, which moves no timer. */
  shiftClock(ms: number): void {
    this.#clockStart += ms
  }

  /** Nothing happens for so long, as while the machine is off. */
  passTime(ms: number): void {
    this.#time += ms
    for (const deadline of this.#deadlines) deadline.at += ms
    for (const timer of this.#timers) timer.dueAt += ms
  }

  nextId(): number {
    return ++this.#lastId
  }

  /** From 0 to before 1 (xorshift32). */
  random(): number {
    let x = this.#random
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#random = x >>> 0
    return this.#random / 2 ** 32
  }

  violate(error: unknown): void {
    this.#violations.push(error)
  }

  /** Has `run` happen as an event of its own. */
  later(label: string, run: () => void, isBounded = true): void {
    const deadline = { at: this.#time + LATENCY_MS }
    if (isBounded) this.#deadlines.add(deadline)
    void this.#scheduler.schedule(Promise.resolve(), label).then(() => {
      this.#deadlines.delete(deadline)
      this.#note(label)
      this.attempt(run)
    })
  }

  /** Runs it, and takes what it throws for a violation. */
  attempt(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.violate(error)
    }
  }

  setTimer(run: () => void, ms: number): number {
    const id = this.nextId()
    this.#timers.push({ id, dueAt: this.#time + Math.max(0, ms), run })
    // Sorting is stable: of two that are due at the same time the one set first fires first.
    this.#timers.sort((a, b) => a.dueAt - b.dueAt)
    return id
  }

  clearTimer(id: unknown): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== id)
  }

  /** Something from outside, at this very moment. */
  async happen(label: string, run: () => void): Promise<void> {
    this.#note(label)
    this.attempt(run)
    await microtasksDone()
    if (this.#violations.length > 0) throw this.#violations[0]
  }

  /** The next event; false when nothing is left to happen. */
  async step(): Promise<boolean> {
    this.#scheduleTick()
    if (this.#scheduler.count() === 0) return false
    if (++this.#events > MAX_EVENTS) throw new Violation(`It never comes to rest: ${MAX_EVENTS} events.`)
    await this.#scheduler.waitOne()
    await microtasksDone()
    if (this.#violations.length > 0) throw this.#violations[0]
    this.onEvent()
    if (this.#violations.length > 0) throw this.#violations[0]
    return true
  }

  /** Until nothing is left to happen before that time, in milliseconds since the beginning. */
  async rest(until = Number.POSITIVE_INFINITY): Promise<void> {
    this.#until = until
    await microtasksDone()
    while (await this.step());
    this.#until = Number.POSITIVE_INFINITY
  }

  /** The first timer's turn comes once everything that is faster has happened. */
  #scheduleTick(): void {
    if (this.#isTickScheduled || !this.#isTimerDue()) return
    this.#isTickScheduled = true
    void this.#scheduler.schedule(Promise.resolve(), 'timer').then(() => {
      this.#isTickScheduled = false
      // A message sent in the meantime may be faster.
      if (!this.#isTimerDue()) return
      const timer = this.#timers.shift() as Timer
      this.#time = Math.max(this.#time, timer.dueAt)
      this.#note(`timer at ${this.#time}`)
      this.attempt(timer.run)
    })
  }

  #isTimerDue(): boolean {
    const [first] = this.#timers
    if (!first || first.dueAt > this.#until) return false
    for (const { at } of this.#deadlines) if (at < first.dueAt) return false
    return true
  }

  #note(label: string): void {
    this.log?.(label)
    for (let index = 0; index < label.length; index++) {
      this.trace = (Math.imul(this.trace, 31) + label.charCodeAt(index)) | 0
    }
  }
}

/** A queue whose tasks happen in the order in which they were posted, as messages between two processes do. */
export class Pipe {
  readonly #world: World
  readonly #label: string
  readonly #queue: (() => void)[] = []
  #isHeld = false
  #owed = 0

  constructor(world: World, label: string) {
    this.#world = world
    this.#label = label
  }

  post(run: () => void): void {
    this.#queue.push(run)
    if (this.#isHeld) this.#owed++
    else this.#deliver()
  }

  /** Nothing more of it happens until it is released. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    for (; this.#owed > 0; this.#owed--) this.#deliver()
  }

  #deliver(): void {
    this.#world.later(this.#label, () => {
      if (this.#isHeld) this.#owed++
      else this.#queue.shift()?.()
    })
  }
}

/** Resolves when no microtask is left. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
