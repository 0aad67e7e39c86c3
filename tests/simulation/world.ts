import { createRandom } from './random.js'
import { type Due, Schedule } from './schedule.js'

/** Maximum milliseconds for a message, a disk or a cipher operation that doesn't hang. A timer that is due later fires after it. */
const LATENCY_MS = 50
/** Maximum events in one run. More events mean that something keeps restarting itself. */
const MAX_EVENTS = 20_000

export class Violation extends Error {
  override name = 'Violation'
}

/** Work that runs later, as its own event. */
interface Task extends Due {
  run: () => void
}

interface Timer {
  id: number
  dueAt: number
  run: () => void
}

/**
 * One run. All asynchronous work is a task, and the schedule decides when it runs, so a run is a function of its seed. As in a
 * browser's event loop, all microtasks of a task run before the next task.
 */
export class World {
  readonly #schedule: Schedule
  readonly #tasks: Task[] = []
  /** Milliseconds since the start. Monotonic. */
  #time = 0
  /** Difference between the system clock and `#time`, in milliseconds. */
  #clockStart = 1_700_000_000_000
  #timers: Timer[] = []
  #isTickScheduled = false
  #lastId = 0
  /** Timers that are due later than this don't fire. */
  #until = Number.POSITIVE_INFINITY
  #events = 0
  /** Returns a number in [0, 1). */
  readonly random: () => number
  /** The latest time at which each pending task may run. */
  readonly #deadlines = new Set<{ at: number }>()
  readonly #violations: unknown[] = []
  /** Called after each event. */
  onEvent: () => void = () => {}
  /** Hash of the events so far, for tests that run a seed twice. */
  trace = 0
  /** Receives the events while a violation is investigated. */
  log: ((line: string) => void) | null = null

  constructor(seed = 1) {
    this.#schedule = new Schedule(seed)
    // A separate generator, so that a page that draws more numbers doesn't change the schedule.
    this.random = createRandom(~seed)
  }

  get events(): number {
    return this.#events
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#time
  }

  /** Time of the system clock. */
  now(): number {
    return this.#clockStart + this.#time
  }

  /** Changes the system clock, without affecting timers. */
  shiftClock(ms: number): void {
    this.#clockStart += ms
  }

  /** Lets time pass without any events, as if the machine were off. */
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

  /** Schedules `run` as its own event. */
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

  /** Runs `run` and records anything it throws as a violation. */
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
    // Sorting is stable, so timers with the same due time fire in the order they were set.
    this.#timers.sort((a, b) => a.dueAt - b.dueAt)
    return id
  }

  /** Returns the milliseconds that were left; 0 for a timer that has fired. */
  clearTimer(id: unknown): number {
    const cleared = this.#timers.find((timer) => timer.id === id)
    this.#timers = this.#timers.filter((timer) => timer !== cleared)
    return cleared ? Math.max(0, cleared.dueAt - this.#time) : 0
  }

  /** Runs an external event immediately. */
  async happen(label: string, run: () => void): Promise<void> {
    this.#note(label)
    this.attempt(run)
    await microtasksDone()
    if (this.#violations.length > 0) throw this.#violations[0]
  }

  /** Runs all events in the matching lanes, and no others. */
  async hurry(isHurried: (lane: string) => boolean): Promise<void> {
    for (;;) {
      const index = this.#tasks.findIndex(({ lane }) => isHurried(lane))
      if (index < 0) return
      await this.#happen(index)
    }
  }

  /** Runs the next event. Returns false if none is left. */
  async step(): Promise<boolean> {
    this.#scheduleTick()
    if (this.#tasks.length === 0) return false
    await this.#happen(this.#schedule.choose(this.#tasks))
    return true
  }

  async #happen(index: number): Promise<void> {
    if (++this.#events > MAX_EVENTS) throw new Violation(`It does not settle: ${MAX_EVENTS} events.`)
    const [task] = this.#tasks.splice(index, 1)
    task?.run()
    await microtasksDone()
    if (this.#violations.length > 0) throw this.#violations[0]
    this.onEvent()
    if (this.#violations.length > 0) throw this.#violations[0]
  }

  /** Runs events until none is left before `until`, in milliseconds since the start. */
  async rest(until = Number.POSITIVE_INFINITY): Promise<void> {
    this.#until = until
    await microtasksDone()
    while (await this.step());
    this.#until = Number.POSITIVE_INFINITY
  }

  /** Schedules the first timer once everything faster has run. */
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

/** A queue that runs tasks in the order they were posted, like messages between two processes. */
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

  /** Pauses the queue until it is flushed. */
  hold(): void {
    this.#isHeld = true
  }

  /** Runs all queued tasks now, and resumes the queue. */
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

/** Resolves when the microtask queue is empty. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
