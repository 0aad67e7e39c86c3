import type { Clock } from '../context.js'

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
  let debounce: ReturnType<typeof setTimeout> | undefined
  let maxWait: ReturnType<typeof setTimeout> | undefined
  /** When the running debounce fires, when it should, and how long that was to wait. */
  let firesAt = 0
  let dueAt = 0
  let wait = 0

  function start(at: number, ms: number) {
    clock.clearTimeout(debounce)
    firesAt = at + ms
    debounce = clock.setTimeout(fire, ms)
  }

  function fire() {
    debounce = undefined
    const now = clock.now()
    const left = dueAt - now
    // More than the whole wait is left where the machine's clock was put back.
    if (left <= 0 || left > wait) save()
    else start(now, left)
  }

  return {
    arm(delay) {
      const now = clock.now()
      wait = delay
      dueAt = now + delay
      // A stream of changes moves the time it is due, not the timer: setting one fifty times a second costs more than the rest.
      if (debounce === undefined || firesAt > dueAt) start(now, delay)
      maxWait ??= clock.setTimeout(save, Math.max(delay, maxWaitMs))
    },
    disarm() {
      clock.clearTimeout(debounce)
      clock.clearTimeout(maxWait)
      debounce = maxWait = undefined
    },
  }
}
