import type { Clock } from '../../clock.js'

/** When the next save is due: a little after the last change, and not too long after the first. */
export interface SaveTimer {
  /** Something has changed. @param delay Milliseconds that the save waits for more. */
  arm(delay: number): void
  disarm(): void
}

export function createSaveTimer(
  clock: Clock,
  { maxWaitMs, save }: { maxWaitMs: number; save: () => void },
): SaveTimer {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** When the timer fires, when it should, and how long that was to wait. */
  let firesAt = 0
  let dueAt = 0
  let wait = 0
  /** When the maximum wait is over. */
  let latest = Number.POSITIVE_INFINITY

  function start(now: number, ms: number) {
    clock.clearTimeout(timer)
    firesAt = now + ms
    timer = clock.setTimeout(fire, ms)
  }

  function fire() {
    timer = undefined
    const now = clock.now()
    const left = Math.min(dueAt, latest) - now
    // More than the whole wait is left where the machine's clock was put back.
    if (left <= 0 || left > wait) save()
    else start(now, left)
  }

  return {
    arm(delay) {
      const now = clock.now()
      wait = delay
      dueAt = now + delay
      // Later than that it can only be where the machine's clock was put back.
      latest = Math.min(latest, now + Math.max(delay, maxWaitMs))
      // A stream of changes moves the time it is due, not the timer: setting one fifty times a second costs more than the rest.
      if (timer === undefined || firesAt > dueAt) start(now, delay)
    },
    disarm() {
      clock.clearTimeout(timer)
      timer = undefined
      latest = Number.POSITIVE_INFINITY
    },
  }
}
