/** Idle periods in a row, and how much of each (at most 50 ms, `requestIdleCallback`'s own limit) must be left at its beginning. */
const periods = 4
const wholeMs = 45

/**
 * Resolves when nothing has wanted the main thread for about a fifth of a second: a task, a frame or a timer that is due soon would have
 * cut an idle period short, and the count begins anew.
 */
export function atRest(): Promise<void> {
  return new Promise((resolve) => {
    let inARow = 0
    function look(deadline: IdleDeadline) {
      inARow = deadline.timeRemaining() >= wholeMs ? inARow + 1 : 0
      if (inARow === periods) resolve()
      else requestIdleCallback(look)
    }
    requestIdleCallback(look)
  })
}
