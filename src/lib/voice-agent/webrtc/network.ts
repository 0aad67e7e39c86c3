import type { Network } from '../../../../middleware/webrtc/ports.js'

/**
 * What the browser knows of the network. `onLine: false` is certain, `true` is a guess (HTML Standard, 8.9.1.4). Outside a browser it is
 * always there.
 */
export function createNetwork(): Network {
  return {
    isOnline: () => globalThis.navigator?.onLine !== false,
    onWake(listener) {
      if (typeof window === 'undefined') return () => {}
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
