import { watchPageExit } from '../../page/page-exit.js'

/** The part of a redux-persist persistor that can flush. */
export interface Flushable {
  flush(): Promise<unknown>
}

export interface PageLeaving {
  /** True while the page may be closing or is hidden. On a phone, hiding is the last event. */
  isLeaving(): boolean
  stop(): void
}

/**
 * Calls a listener whenever the page may be closing.
 *
 * `beforeunload` is the earliest event of a reload, and the only one after which every browser completes asynchronous work.
 */
export function watchLeaving(onLeaving: () => void): PageLeaving {
  const exit = watchPageExit()
  const stopped = new AbortController()
  const { signal } = stopped
  const isHidden = () => globalThis.document?.visibilityState === 'hidden'
  globalThis.addEventListener?.('beforeunload', onLeaving, { signal })
  globalThis.addEventListener?.('pagehide', onLeaving, { signal })
  globalThis.document?.addEventListener('visibilitychange', () => isHidden() && onLeaving(), { signal })
  return {
    isLeaving: () => exit.remainingMs() > 0 || isHidden(),
    stop() {
      exit.stop()
      stopped.abort()
    },
  }
}
