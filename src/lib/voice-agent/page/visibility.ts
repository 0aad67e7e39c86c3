import type { Visibility } from '../../../../middleware/drivers/call/ports.js'

/** Reports if the user can see the page. Outside a browser it counts as visible. */
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
