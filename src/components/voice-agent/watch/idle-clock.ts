/** Longest time between the warning and the end, in milliseconds. */
const WARNING_MS = 30_000

/** Measures how long the user has been idle. */
export interface IdleClock {
  /** Restarts the clock, because the user or the agent said or did something. */
  touch(): void
  /** Stops the clock, for example while the agent speaks. */
  pause(): void
}

/**
 * Warns 30 s before the end, or at half of a shorter time.
 *
 * @param onWarning Called with the time of the end, in milliseconds since the epoch; with null once the user is back.
 */
export function createIdleClock(
  timeoutMs: number,
  { onWarning, onEnd }: { onWarning: (endsAt: number | null) => void; onEnd: () => void },
): IdleClock {
  const warningMs = Math.min(WARNING_MS, timeoutMs / 2)
  const quietMs = timeoutMs - warningMs
  let timer: ReturnType<typeof setTimeout> | undefined
  let isWarning = false

  function wait(ms: number, run: () => void) {
    clearTimeout(timer)
    timer = setTimeout(run, ms)
  }

  function endWarning() {
    if (isWarning) onWarning(null)
    isWarning = false
  }

  function warn() {
    isWarning = true
    // The full time, even if this timer fires late because the device slept.
    wait(warningMs, () => {
      isWarning = false
      onEnd()
    })
    onWarning(Date.now() + warningMs)
  }

  return {
    touch() {
      wait(quietMs, warn)
      endWarning()
    },
    pause() {
      clearTimeout(timer)
      endWarning()
    },
  }
}
