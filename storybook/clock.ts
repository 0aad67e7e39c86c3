/** The moment at which every story plays. */
export const storyTime = Date.UTC(2026, 0, 15, 9, 30)

const real = { now: Date.now, setInterval: window.setInterval, clearInterval: window.clearInterval }

/** Time that stands still until a story lets it pass. */
export interface StoryClock {
  /** Lets whole seconds pass at once, with what ticks every second. */
  tick(seconds: number): void
  /** How many things tick. */
  readonly ticking: number
}

/** Stops `Date.now`, and what ticks every second: a countdown is the same in every run. */
export function stopClock(): StoryClock {
  let now = storyTime
  const ticking = new Map<number, () => void>()
  Date.now = () => now
  window.setInterval = ((handler: () => void, ms?: number) => {
    if (ms !== 1000) return real.setInterval.call(window, handler, ms)
    const id = -1 - ticking.size - Math.trunc(performance.now())
    ticking.set(id, handler)
    return id
  }) as typeof window.setInterval
  window.clearInterval = ((id?: number) => {
    if (id === undefined || !ticking.delete(id)) real.clearInterval.call(window, id)
  }) as typeof window.clearInterval
  return {
    get ticking() {
      return ticking.size
    },
    tick(seconds) {
      for (let second = 0; second < seconds; second++) {
        now += 1000
        for (const handler of [...ticking.values()]) handler()
      }
    },
  }
}

export function restartClock(): void {
  Object.assign(Date, { now: real.now })
  Object.assign(window, { setInterval: real.setInterval, clearInterval: real.clearInterval })
}
