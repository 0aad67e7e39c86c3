import type { Network, PageLeaving } from '../../../../middleware/webrtc/ports.js'

/** Milliseconds after `beforeunload` in which the page may go: a person may be asked first, or a server slow to answer. */
const leavingTime = 5_000

/** Firefox cuts requests off right after `beforeunload`, Chromium after `pagehide`; a `beforeunload` may also come to nothing. */
function watchLeaving(): PageLeaving {
  if (typeof document === 'undefined') return { msUntilStays: () => 0, stop() {} }
  let staysAt = 0
  const onUnload = () => {
    staysAt = Date.now() + leavingTime
  }
  const onHide = () => {
    staysAt = Number.POSITIVE_INFINITY
  }
  const onShow = () => {
    staysAt = 0
  }
  window.addEventListener('beforeunload', onUnload)
  window.addEventListener('pagehide', onHide)
  window.addEventListener('pageshow', onShow)
  return {
    msUntilStays: () => Math.max(0, staysAt - Date.now()),
    stop() {
      window.removeEventListener('beforeunload', onUnload)
      window.removeEventListener('pagehide', onHide)
      window.removeEventListener('pageshow', onShow)
    },
  }
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
      const onShow = ({ persisted }: PageTransitionEvent) => persisted && listener()
      window.addEventListener('online', listener)
      window.addEventListener('pageshow', onShow)
      document.addEventListener('resume', listener)
      return () => {
        window.removeEventListener('online', listener)
        window.removeEventListener('pageshow', onShow)
        document.removeEventListener('resume', listener)
      }
    },
  }
}
