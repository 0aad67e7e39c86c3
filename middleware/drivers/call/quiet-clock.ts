import { quietTimes } from '../../../store/index.js'
import { startTimer } from '../../waiting.js'

/** Reports how long nothing has come from the agent, so that what never ends can be given up. */
export interface QuietClock {
  /** Something was said or sent: the time begins again. */
  touch(): void
  stop(): void
}

/** Costs a number per event: the timer is set again only when it is due. */
export function createQuietClock(onQuiet: (quietMs: number) => void): QuietClock {
  let timer: ReturnType<typeof setTimeout> | undefined
  let touchedAt = 0
  /** Index of the time that the timer waits for. */
  let index = 0
  let isStopped = false

  function wait(ms: number) {
    timer = startTimer(run, ms)
  }

  function run() {
    timer = undefined
    const due = quietTimes[index] ?? 0
    const left = touchedAt + due - performance.now()
    if (left > 0) return wait(left)
    index++
    const next = quietTimes[index]
    if (next !== undefined) wait(next - due)
    onQuiet(due)
  }

  return {
    touch() {
      if (isStopped) return
      touchedAt = performance.now()
      if (timer !== undefined && index === 0) return
      clearTimeout(timer)
      index = 0
      wait(quietTimes[0] ?? 0)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
      timer = undefined
    },
  }
}
