import type { FrameScheduler } from '../../../../middleware/webrtc/ports.js'

/** A hidden page draws no frames, and a page that comes back draws the first one late: by then it is time, in milliseconds. */
const longestWait = 100
/** Outside a browser: 60 a second, as a screen would. */
const withoutScreen = 16
/** How long a page that said it goes may take to go, in milliseconds. One that stays after all waits for frames again. */
const timeToGo = 5_000

const goingEvents = ['beforeunload', 'pagehide', 'freeze', 'visibilitychange']

/** Listens to the page's going, ahead of those who save what there is by then. Gives the function that stops it. */
function onPageHide(listener: (event: Event) => void): () => void {
  for (const type of goingEvents) window.addEventListener(type, listener, { capture: true })
  return () => {
    for (const type of goingEvents) window.removeEventListener(type, listener, { capture: true })
  }
}

/**
 * The browser's animation frames, with a timer for when there are none. A page that goes waits for neither: it is listened to from the
 * first frame on until `stop`, for between two words it may say that it goes, too.
 */
export function createFrameScheduler(): FrameScheduler {
  const hasScreen = typeof requestAnimationFrame === 'function'
  let goesUntil = 0
  let stopListening: (() => void) | null = null
  let cancel = () => {}
  let due = () => {}

  function goes({ type }: Event) {
    if (type === 'visibilitychange' && document.visibilityState !== 'hidden') return
    if (type === 'beforeunload') goesUntil = performance.now() + timeToGo
    due()
  }

  return {
    request(run) {
      if (typeof document !== 'undefined') stopListening ??= onPageHide(goes)
      due = () => {
        cancel()
        run()
      }
      const frame = hasScreen ? requestAnimationFrame(due) : 0
      const timer = setTimeout(due, hasScreen ? longestWait : withoutScreen)
      // There may be no further task.
      if (performance.now() < goesUntil) queueMicrotask(() => due())
      cancel = () => {
        due = () => {}
        clearTimeout(timer)
        if (hasScreen) cancelAnimationFrame(frame)
      }
    },
    stop() {
      cancel()
      stopListening?.()
      stopListening = null
    },
  }
}
