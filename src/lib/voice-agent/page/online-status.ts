import type { Network } from '../../../../middleware/webrtc/ports.js'
import { watchPageExit } from './page-exit.js'

/**
 * What the browser knows of the network. `onLine: true` is a guess. `false` should be certain (HTML Standard, 8.9.1.4), but Chromium says it
 * wherever it sees no interface that it counts: in a container with nothing but loopback, and where there is only a tunnel (`tun0`).
 * Outside a browser the network is always there.
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
