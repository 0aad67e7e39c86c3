/** The time at which every story is set. */
export const storyTime = Date.UTC(2026, 0, 15, 9, 30)

/** Only timeouts of this length or longer are stopped, because they change what the user sees, such as "Still connecting…". */
const NOTICEABLE_MS = 4000

const real = {
  now: Date.now,
  setInterval: window.setInterval,
  clearInterval: window.clearInterval,
  setTimeout: window.setTimeout,
  clearTimeout: window.clearTimeout,
}

/** A stopped clock that a story advances. */
export interface StoryClock {
  /** Advances by whole seconds and runs the intervals and timeouts that are due. */
  tick(seconds: number): void
  /** Number of active intervals. */
  readonly ticking: number
  /** Milliseconds until each stopped timeout is due. */
  readonly waiting: readonly number[]
}

/** Stops `Date.now`, intervals of a second, and long timeouts, so that stories look the same in every run. */
export function stopClock(): StoryClock {
  let now = storyTime
  let lastId = 0
  const ticking = new Map<number, () => void>()
  const waiting = new Map<number, { due: number; handler: () => void }>()
  Date.now = () => now
  window.setInterval = ((handler: () => void, ms?: number) => {
    if (ms !== 1000) return real.setInterval.call(window, handler, ms)
    ticking.set(--lastId, handler)
    return lastId
  }) as typeof window.setInterval
  window.clearInterval = ((id?: number) => {
    if (id === undefined || !ticking.delete(id)) real.clearInterval.call(window, id)
  }) as typeof window.clearInterval
  window.setTimeout = ((handler: () => void, ms = 0) => {
    if (ms < NOTICEABLE_MS) return real.setTimeout.call(window, handler, ms)
    waiting.set(--lastId, { due: now + ms, handler })
    return lastId
  }) as typeof window.setTimeout
  window.clearTimeout = ((id?: number) => {
    if (id === undefined || !waiting.delete(id)) real.clearTimeout.call(window, id)
  }) as typeof window.clearTimeout
  return {
    get ticking() {
      return ticking.size
    },
    get waiting() {
      return [...waiting.values()].map(({ due }) => due - now)
    },
    tick(seconds) {
      for (let second = 0; second < seconds; second++) {
        now += 1000
        for (const handler of [...ticking.values()]) handler()
        for (const [id, { due, handler }] of [...waiting]) {
          if (due > now) continue
          waiting.delete(id)
          handler()
        }
      }
    },
  }
}

export function restartClock(): void {
  const { now, ...timers } = real
  Object.assign(Date, { now })
  Object.assign(window, timers)
}
