/** Longest delay of a timer. Browsers fire timers with longer delays immediately. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Starts a timer with any delay. Fires early if `ms` is more than 24 days. */
export function startTimer(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  return setTimeout(run, Math.min(ms, MAX_DELAY_MS))
}

/** Resolves after `ms`, or as soon as the signal aborts. The caller must check the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = startTimer(done, ms)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

/** Rejects as soon as the signal aborts, for promises that don't accept a signal. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
    // Also handles a rejection after the abort, which would otherwise be reported as unhandled.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/**
 * Rejects with the error from `createError` if `work` takes longer than `ms`. A later result of `work` is ignored.
 * If the machine slept, the wait starts again, because the timer fires before responses that arrived meanwhile.
 */
export function withTimeout<T>(ms: number, work: Promise<T>, createError: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout>
    function start() {
      const dueAt = Date.now() + ms
      timer = setTimeout(() => {
        const hasSlept = Date.now() - dueAt > ms
        if (hasSlept) start()
        else reject(createError())
      }, ms)
    }
    start()
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
