/** Number of consecutive idle periods, and how much time must remain at the start of each (`requestIdleCallback` allows at most 50 ms). */
const periods = 4
const wholeMs = 45

/**
 * Resolves when the main thread has been idle for about a fifth of a second. A task, a frame or a timer that is due soon shortens an idle
 * period and restarts the count.
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
