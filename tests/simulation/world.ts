import { createRandom } from './random.js'
import { type Due, Schedule } from './schedule.js'

/** Milliseconds that a message, a disk or a cipher takes at most, unless it hangs: a timer that is due later fires after it. */
const LATENCY_MS = 50
/** Events of one run. More means that something starts itself again for ever. */
const MAX_EVENTS = 20_000

export class Violation extends Error {
  override name = 'Violation'
}

/** Something that happens later, as an event of its own. */
interface Task extends Due {
  run: () => void
}

interface Timer {
  id: number
  dueAt: number
  run: () => void
}

/**
 * One run: everything that happens later is a task whose turn the schedule decides, so that a run is a function of its seed. A task is an event
 * of a browser: all that follows from it in microtasks is done before the next one.
 */
export class World {
  readonly #schedule: Schedule
  readonly #tasks: Task[] = []
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
  /** From 0 to before 1. */
  readonly random: () => number
  /** When each task that is under way has happened at the latest. */
  readonly #deadlines = new Set<{ at: number }>()
  readonly #violations: unknown[] = []
  /** Called after each event. */
  onEvent: () => void = () => {}
  /** Describes the events so far, for a test that runs a seed twice. */
  trace = 0
  /** Told what happens, while a violation is looked into. */
  log: ((line: string) => void) | null = null

  constructor(seed = 1) {
    this.#schedule = new Schedule(seed)
    // Random numbers of their own, so that pages which ask for some more are not scheduled in another way.
    this.random = createRandom(~seed)
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

  violate(error: unknown): void {
    this.#violations.push(error)
  }

  /** Has `run` happen as an event of its own. */
  later(label: string, run: () => void, isBounded = true): void {
    const deadline = { at: this.#time + LATENCY_MS }
    if (isBounded) this.#deadlines.add(deadline)
    this.#tasks.push({
      lane: label,
      run: () => {
        this.#deadlines.delete(deadline)
        this.#note(label)
        this.attempt(run)
      },
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

  /** Lets everything of some lanes happen, and nothing else. */
  async hurry(isHurried: (lane: string) => boolean): Promise<void> {
    for (;;) {
      const index = this.#tasks.findIndex(({ lane }) => isHurried(lane))
      if (index < 0) return
      await this.#happen(index)
    }
  }

  /** The next event; false when nothing is left to happen. */
  async step(): Promise<boolean> {
    this.#scheduleTick()
    if (this.#tasks.length === 0) return false
    await this.#happen(this.#schedule.choose(this.#tasks))
    return true
  }

  async #happen(index: number): Promise<void> {
    if (++this.#events > MAX_EVENTS) throw new Violation(`It never comes to rest: ${MAX_EVENTS} events.`)
    const [task] = this.#tasks.splice(index, 1)
    task?.run()
    await microtasksDone()
    if (this.#violations.length > 0) throw this.#violations[0]
    this.onEvent()
    if (this.#violations.length > 0) throw this.#violations[0]
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
    this.#tasks.push({ lane: 'timer', run: () => this.#tick() })
  }

  #tick(): void {
    this.#isTickScheduled = false
    // A message sent in the meantime may be faster.
    if (!this.#isTimerDue()) return
    const timer = this.#timers.shift() as Timer
    this.#time = Math.max(this.#time, timer.dueAt)
    this.#note(`timer at ${this.#time}`)
    this.attempt(timer.run)
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

  constructor(world: World, label: string) {
    this.#world = world
    this.#label = label
  }

  post(run: () => void): void {
    this.#queue.push(run)
    if (!this.#isHeld) this.#deliver()
  }

  /** Nothing more of it happens until it is flushed. */
  hold(): void {
    this.#isHeld = true
  }

  /** All that is in it happens now, and what follows as before. */
  flush(): void {
    this.#isHeld = false
    for (let run = this.#queue.shift(); run; run = this.#queue.shift()) run()
  }

  #deliver(): void {
    this.#world.later(this.#label, () => {
      if (!this.#isHeld) this.#queue.shift()?.()
    })
  }
}

/** Resolves when no microtask is left. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
