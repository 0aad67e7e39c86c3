import type { Network } from '../../../../middleware/drivers/call/ports.js'
import { watchPageExit } from './page-exit.js'

/**
 * Reports the browser's view of the network.
 *
 * `onLine: true` is a guess. `false` should be certain (HTML Standard, 8.9.1.4), but Chromium ignores some interfaces. It reports
 * `false` in a container with only loopback, or with only a tunnel (`tun0`). Outside a browser the network counts as online.
 */
export function createNetwork(): Network {
  return {
    watchPageExit,
    isOnline: () => globalThis.navigator?.onLine !== false,
    onWake(listener) {
      if (typeof document === 'undefined') return () => {}
      const stopped = new AbortController()
      window.addEventListener('online', listener, stopped)
      window.addEventListener('pageshow', ({ persisted }) => persisted && listener(), stopped)
      document.addEventListener('resume', listener, stopped)
      return () => stopped.abort()
    },
  }
}
