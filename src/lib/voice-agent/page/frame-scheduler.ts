import type { FrameScheduler } from '../../../../middleware/drivers/call/page-ports.js'

/** Milliseconds after which a timer replaces the frame. Hidden pages draw no frames, and returning pages draw the first one late. */
const LONGEST_FRAME_MS = 100
/**
 * Milliseconds before requesting a frame, to use 30 of 60 or 120 frames per second. No one reads faster, and every update costs
 * the app's subscribers and views. A word is on the screen within 50 ms.
 */
const BETWEEN_FRAMES_MS = 28
/** Milliseconds between frames outside a browser. */
const TIMER_FRAME_MS = 34
/** Milliseconds after `beforeunload` in which the page may unload. If it stays, frames are used again afterwards. */
const UNLOAD_GRACE_MS = 5_000

const exitEvents = ['beforeunload', 'pagehide', 'freeze', 'visibilitychange']

/**
 * Creates a scheduler based on animation frames, at most 30 per second, with a timer for hidden pages.
 *
 * A closing page runs the request without waiting. It listens to exit events from the first request until `stop`, because
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
    if (type === 'beforeunload') unloadDeadline = performance.now() + UNLOAD_GRACE_MS
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
      let frame = 0
      const askForFrame = () => {
        frame = requestAnimationFrame(runNow)
      }
      const pause = hasScreen ? setTimeout(askForFrame, BETWEEN_FRAMES_MS) : undefined
      const timer = setTimeout(runNow, hasScreen ? LONGEST_FRAME_MS : TIMER_FRAME_MS)
      // A closing page may not run another task.
      if (performance.now() < unloadDeadline) queueMicrotask(() => runNow())
      cancel = () => {
        runNow = () => {}
        clearTimeout(timer)
        clearTimeout(pause)
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
