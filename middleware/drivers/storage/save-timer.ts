import { startTimer } from '../../waiting.js'

/** Schedules the next save: a little after the last change, and not too long after the first. */
export interface SaveTimer {
  /** Schedules a save after a change. @param delay Milliseconds that the save waits for more changes. */
  arm(delay: number): void
  disarm(): void
}

export function createSaveTimer({ maxWaitMs, save }: { maxWaitMs: number; save: () => void }): SaveTimer {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Time when the timer fires, time when it should, and the length of that wait. */
  let firesAt = 0
  let dueAt = 0
  let wait = 0
  /** Time when the maximum wait is over. */
  let latest = Number.POSITIVE_INFINITY

  function start(now: number, ms: number) {
    clearTimeout(timer)
    firesAt = now + ms
    timer = startTimer(fire, ms)
  }

  function fire() {
    timer = undefined
    const now = Date.now()
    const left = Math.min(dueAt, latest) - now
    // A rest longer than the whole wait means that the system clock moved backwards.
    if (left <= 0 || left > wait) save()
    else start(now, left)
  }

  return {
    arm(delay) {
      const now = Date.now()
      wait = delay
      dueAt = now + delay
      // A later time means that the system clock moved backwards.
      latest = Math.min(latest, now + Math.max(delay, maxWaitMs))
      // A stream of changes moves the due time, not the timer, because setting a timer fifty times a second costs more than the rest.
      if (timer === undefined || firesAt > dueAt) start(now, delay)
    },
    disarm() {
      clearTimeout(timer)
      timer = undefined
      latest = Number.POSITIVE_INFINITY
    },
  }
}
