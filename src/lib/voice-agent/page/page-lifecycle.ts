import type { PageLifecycle } from '../../../../middleware/persistence/ports.js'
import { createUnloadListener, type UnloadListener } from './unload-listener.js'

/**
 * When the page goes, or may go. On a phone `hidden` is the last event that is certain; on a desktop `beforeunload` is the
 * one in which asynchronous writes still survive. Outside a browser nothing ever goes.
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
