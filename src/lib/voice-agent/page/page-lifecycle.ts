import type { PageLifecycle } from '../../../../middleware/drivers/storage/ports.js'
import { createUnloadListener, type UnloadListener } from './unload-listener.js'

/**
 * Reports when the page is closing or may be.
 *
 * On a phone `hidden` is the last reliable event. On a desktop `beforeunload` is the last event after which asynchronous
 * writes still complete. Outside a browser no event ever fires.
 */
export function createPageLifecycle(): PageLifecycle {
  let unload: UnloadListener | null = null

  return {
    onPageHide(listener) {
      if (typeof document === 'undefined') return () => {}
      const onVisibility = () => {
        if (document.visibilityState === 'hidden') listener()
      }
      unload = createUnloadListener(listener)
      document.addEventListener('visibilitychange', onVisibility)
      document.addEventListener('freeze', listener)
      window.addEventListener('pagehide', listener)
      return () => {
        document.removeEventListener('visibilitychange', onVisibility)
        document.removeEventListener('freeze', listener)
        window.removeEventListener('pagehide', listener)
        unload?.stop()
        unload = null
      }
    },
    onBfcacheRestore(listener) {
      if (typeof document === 'undefined') return () => {}
      const onShow = ({ persisted }: PageTransitionEvent) => {
        if (persisted) listener()
      }
      window.addEventListener('pageshow', onShow)
      return () => window.removeEventListener('pageshow', onShow)
    },
    whenIdle(run) {
      if (typeof requestIdleCallback === 'function') {
        const handle = requestIdleCallback(run, { timeout: 60_000 })
        return () => cancelIdleCallback(handle)
      }
      // Safari has no idle callbacks.
      const timer = setTimeout(run, 5_000)
      return () => clearTimeout(timer)
    },
    setDirty: (isDirty) => unload?.setDirty(isDirty),
  }
}
