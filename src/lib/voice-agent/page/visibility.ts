import type { Visibility } from '../../../../middleware/drivers/call/page-ports.js'

/** Document Picture-in-Picture API: a small always-on-top window, one at a time per page, including its frames. Not yet in TypeScript's library. */
export interface DocumentPictureInPicture extends EventTarget {
  /** The open window; null if there is none. */
  readonly window: Window | null
  requestWindow(options: { width: number; height: number }): Promise<Window>
}

/** Returns undefined if the browser lacks the API, or if the top-level page has another origin. */
export function findPictureInPicture(): DocumentPictureInPicture | undefined {
  try {
    return (globalThis.top as { documentPictureInPicture?: DocumentPictureInPicture } | null | undefined)
      ?.documentPictureInPicture
  } catch {
    return undefined
  }
}

/** True if the user can see the page or its picture-in-picture window. */
export const isPageSeen = () =>
  document.visibilityState === 'visible' || Boolean(findPictureInPicture()?.window)

/** Reports if the user can see the page. Outside a browser, it counts as visible. */
export function createVisibility(): Visibility {
  if (typeof document === 'undefined') return { isVisible: () => true, onChange: () => () => {} }
  return {
    isVisible: isPageSeen,
    onChange(listener) {
      const stopped = new AbortController()
      document.addEventListener('visibilitychange', listener, stopped)
      findPictureInPicture()?.addEventListener('enter', listener, stopped)
      return () => stopped.abort()
    },
  }
}
