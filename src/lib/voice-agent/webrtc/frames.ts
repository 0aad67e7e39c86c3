import type { Frames } from '../../../../middleware/webrtc/ports.js'

/** A hidden page draws no frames, and a page that comes back draws the first one late: by then it is time, in milliseconds. */
const longestWait = 100
/** Outside a browser: 60 a second, as a screen would. */
const withoutScreen = 16

/** The browser's animation frames, with a timer for when there are none. */
export function createFrames(): Frames {
  return {
    next(run) {
      const hasScreen = typeof requestAnimationFrame === 'function'
      const frame = hasScreen ? requestAnimationFrame(once) : 0
      const timer = setTimeout(once, hasScreen ? longestWait : withoutScreen)
      function cancel() {
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
