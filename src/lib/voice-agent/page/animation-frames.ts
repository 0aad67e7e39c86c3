import type { FrameScheduler } from '../../../../middleware/drivers/call/ports.js'

/** Milliseconds until a timer replaces the frame. Hidden pages draw no frames, and returning pages draw the first one late. */
const longestFrameMs = 100
/** Milliseconds between frames outside a browser: 60 per second, as on a screen. */
const timerFrameMs = 16
/** Milliseconds after `beforeunload` in which the page may unload. If it stays, frames are used again. */
const unloadGraceMs = 5_000

const exitEvents = ['beforeunload', 'pagehide', 'freeze', 'visibilitychange']

/**
 * Creates a scheduler on the browser's animation frames, with a timer for hidden pages.
 *
 * A closing page runs the request without waiting. Exit events are listened to from the first request until `stop`, because
 * a page may start to close between two requests.
 */
export function createFrameScheduler(): FrameScheduler {
  const hasScreen = typeof requestAnimationFrame === 'function'
  let unloadDeadline = 0
  let stopped: AbortController | null = null
  let cancel = () => {}
  let runNow = () => {}

  function onExit({ type }: Event) {
    if (type === 'visibilitychange' && document.visibilityState !== 'hidden') return
    if (type === 'beforeunload') unloadDeadline = performance.now() + unloadGraceMs
    runNow()
  }

  /** Listens in the capture phase, before the listeners that save. */
  function listen() {
    if (stopped || typeof document === 'undefined') return
    stopped = new AbortController()
    const { signal } = stopped
    for (const type of exitEvents) window.addEventListener(type, onExit, { capture: true, signal })
  }

  return {
    request(run) {
      listen()
      runNow = () => {
        cancel()
        run()
      }
      const frame = hasScreen ? requestAnimationFrame(runNow) : 0
      const timer = setTimeout(runNow, hasScreen ? longestFrameMs : timerFrameMs)
      // A closing page may not run another task.
      if (performance.now() < unloadDeadline) queueMicrotask(() => runNow())
      cancel = () => {
        runNow = () => {}
        clearTimeout(timer)
        if (hasScreen) cancelAnimationFrame(frame)
      }
    },
    stop() {
      cancel()
      stopped?.abort()
      stopped = null
    },
  }
}
