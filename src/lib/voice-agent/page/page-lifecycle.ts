import type { CallMark } from '../../../../middleware/call-intent.js'
import type { Network } from '../../../../middleware/drivers/call/page-ports.js'
import type { PageLifecycle } from '../../../../middleware/drivers/storage/ports.js'
import { watchPageExit } from './page-exit.js'

/** Milliseconds without unsaved changes after which the `beforeunload` listener is removed. */
const LINGER_MS = 10_000

/** Listens to `beforeunload` only while changes are unsaved, because the listener keeps the page out of the bfcache. */
interface UnloadListener {
  setDirty(isDirty: boolean): void
  stop(): void
}

/**
 * Creates a `beforeunload` listener that stays attached for a while after the last save. During a conversation, the next change follows soon,
 * and adding or removing the listener costs a tenth of a save.
 */
export function createUnloadListener(listener: () => void): UnloadListener {
  let isDirty = false
  let isListening = false
  let lingering: ReturnType<typeof setTimeout> | undefined

  function stop() {
    clearTimeout(lingering)
    lingering = undefined
    isListening = false
    window.removeEventListener('beforeunload', listener)
  }

  return {
    setDirty(is) {
      isDirty = is
      if (is && !isListening) {
        isListening = true
        window.addEventListener('beforeunload', listener)
      } else if (!is && isListening) {
        lingering ??= setTimeout(() => {
          lingering = undefined
          if (!isDirty) stop()
        }, LINGER_MS)
      }
    },
    stop,
  }
}

/**
 * Reports when the page is or may be closing.
 *
 * On a phone, `hidden` is the last reliable event. On a desktop, `beforeunload` is the last event after which asynchronous
 * writes still complete. Outside a browser, no event ever fires.
 */
export function createPageLifecycle(): PageLifecycle {
  let unload: UnloadListener | null = null

  return {
    onPageHide(listener) {
      if (typeof document === 'undefined') return () => {}
      const stopped = new AbortController()
      const onVisibility = () => {
        if (document.visibilityState === 'hidden') listener()
      }
      unload = createUnloadListener(listener)
      document.addEventListener('visibilitychange', onVisibility, stopped)
      document.addEventListener('freeze', listener, stopped)
      window.addEventListener('pagehide', listener, stopped)
      return () => {
        stopped.abort()
        unload?.stop()
        unload = null
      }
    },
    onBfcacheRestore(listener) {
      if (typeof document === 'undefined') return () => {}
      const stopped = new AbortController()
      window.addEventListener('pageshow', ({ persisted }) => persisted && listener(), stopped)
      return () => stopped.abort()
    },
    whenIdle(run) {
      if (typeof document === 'undefined') return () => {}
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

/**
 * Resolves when the page is activated. Browsers may prerender a page before the user follows a link to it. Until it is activated, it gets
 * no Web Lock, and the tab's session belongs to the page that the user still sees.
 */
export async function whenActivated(): Promise<void> {
  const page = globalThis.document as (Document & { prerendering?: boolean }) | undefined
  if (!page?.prerendering) return
  await new Promise((resolve) => page.addEventListener('prerenderingchange', resolve, { once: true }))
}

/**
 * Reports the browser's view of the network.
 *
 * `onLine: true` is a guess. `false` should be certain (HTML Standard, 8.9.1.4), but Chromium ignores some interfaces. It reports
 * `false` in a container with only loopback, or with only a tunnel (`tun0`). Outside a browser, the network counts as online.
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

/**
 * Marks in sessionStorage that a call is likely. This is only a hint; the stored session decides.
 *
 * @param databaseName Null without persistence, when no call is restored.
 */
export function createCallMark(databaseName: string | null, agent: string): CallMark {
  const name = `redux-voice-agent:${databaseName}:likely:${agent}`

  /** Ignores errors, because the browser may deny access or be out of space. */
  function attempt<Result>(use: (area: Storage) => Result, otherwise: Result): Result {
    try {
      return databaseName !== null && globalThis.sessionStorage ? use(sessionStorage) : otherwise
    } catch {
      return otherwise
    }
  }

  return {
    isSet: () => attempt((area) => area.getItem(name) !== null, false),
    set: (isOn) => attempt((area) => (isOn ? area.setItem(name, '') : area.removeItem(name)), undefined),
  }
}

/** Returns the microphone permission: `prompt` if opening it would ask the user, `unknown` if the browser can't tell. */
export async function microphonePermission(): Promise<'granted' | 'prompt' | 'denied' | 'unknown'> {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return state
  } catch {
    return 'unknown'
  }
}
