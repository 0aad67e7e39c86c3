import type { Network, PageLeaving } from '../../../../middleware/webrtc/ports.js'

/** Milliseconds after `beforeunload` in which the page may go: a person may be asked first, or a server slow to answer. */
const leavingTime = 5_000

/** Firefox cuts requests off right after `beforeunload`, Chromium after `pagehide`; a `beforeunload` may also come to nothing. */
function watchLeaving(): PageLeaving {
  if (typeof document === 'undefined') return { msUntilStays: () => 0, stop() {} }
  let staysAt = 0
  // Has the `signal` that takes a listener off.
  const stopped = new AbortController()
  function on(type: string, staysBy: () => number) {
    const listener = () => {
      staysAt = staysBy()
    }
    window.addEventListener(type, listener, stopped)
  }
  on('beforeunload', () => Date.now() + leavingTime)
  on('pagehide', () => Number.POSITIVE_INFINITY)
  on('pageshow', () => 0)
  return { msUntilStays: () => Math.max(0, staysAt - Date.now()), stop: () => stopped.abort() }
}

/**
 * What the browser knows of the network. `onLine: true` is a guess. `false` should be certain (HTML Standard, 8.9.1.4), but Chromium says it
 * wherever it sees no interface that it counts: in a container with nothing but loopback, and where there is only a tunnel (`tun0`).
 * Outside a browser the network is always there.
 */
export function createNetwork(): Network {
  return {
    watchLeaving,
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
