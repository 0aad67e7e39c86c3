import type { Visibility } from '../../../../middleware/drivers/call/ports.js'

/** Small windows that stay over all others, one at a time for a page with its frames. Not yet in TypeScript's library. */
export interface DocumentPictureInPicture extends EventTarget {
  /** The open one. */
  readonly window: Window | null
  requestWindow(options: { width: number; height: number }): Promise<Window>
}

/** Returns undefined if the browser has no small windows, or if the page around this frame is of another origin. */
export function findPictureInPicture(): DocumentPictureInPicture | undefined {
  try {
    return (globalThis.top as { documentPictureInPicture?: DocumentPictureInPicture } | null | undefined)
      ?.documentPictureInPicture
  } catch {
    return undefined
  }
}

/** True if the user can see the page, or a small window of it. */
export const isPageSeen = () =>
  document.visibilityState === 'visible' || Boolean(findPictureInPicture()?.window)

/** Reports if the user can see the page. Outside a browser it counts as visible. */
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
