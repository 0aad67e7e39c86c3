import type { Visibility } from '../../../../middleware/webrtc/ports.js'

/** Whether the page is in front of somebody. Outside a browser it always is. */
export function createVisibility(): Visibility {
  if (typeof document === 'undefined') return { isVisible: () => true, onChange: () => () => {} }
  return {
    isVisible: () => document.visibilityState === 'visible',
    onChange(listener) {
      document.addEventListener('visibilitychange', listener)
      return () => document.removeEventListener('visibilitychange', listener)
    },
  }
}
