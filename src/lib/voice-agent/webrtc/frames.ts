import type { Frames } from '../../../../middleware/webrtc/ports.js'

/** A hidden page draws no frames, and a page that comes back draws the first one late: by then it is time, in milliseconds. */
const longestWait = 100
/** Outside a browser: 60 a second, as a screen would. */
const withoutScreen = 16
/** How long a page that said it goes may take to go, in milliseconds. One that stays after all waits for frames again. */
const timeToGo = 5_000

const goingEvents = ['beforeunload', 'pagehide', 'freeze', 'visibilitychange']

/** Listens to the page's going, ahead of those who save what there is by then. Gives the function that stops it. */
function onGoing(listener: (event: Event) => void): () => void {
  if (typeof document === 'undefined') return () => {}
  for (const type of goingEvents) window.addEventListener(type, listener, { capture: true })
  return () => {
    for (const type of goingEvents) window.removeEventListener(type, listener, { capture: true })
  }
}

/** The browser's animation frames, with a timer for when there are none. A page that goes waits for neither. */
export function createFrames(): Frames {
  let goesUntil = 0

  function soon(run: () => void): () => void {
    let isCancelled = false
    queueMicrotask(() => isCancelled || run())
    return () => {
      isCancelled = true
    }
  }

  return {
    next(run) {
      if (performance.now() < goesUntil) return soon(run)
      const hasScreen = typeof requestAnimationFrame === 'function'
      const frame = hasScreen ? requestAnimationFrame(once) : 0
      const timer = setTimeout(once, hasScreen ? longestWait : withoutScreen)
      const stop = onGoing(({ type }) => {
        if (type === 'visibilitychange' && document.visibilityState !== 'hidden') return
        if (type === 'beforeunload') goesUntil = performance.now() + timeToGo
        once()
      })
      function cancel() {
        stop()
        clearTimeout(timer)
        if (hasScreen) cancelAnimationFrame(frame)
      }
      function once() {
        cancel()
        run()
      }
      return cancel
    },
  }
}
