import { makeCall, prepareCall } from '../../../../middleware/drivers/call/call.js'
import type { CallParts } from '../../../../middleware/drivers/call/driver.js'
import type { Visibility } from '../../../../middleware/drivers/call/ports.js'
import { createFrameScheduler } from '../page/animation-frames.js'

export { type BrowserAgentMedia, createAgentMedia } from '../audio/call-media.js'

/** Reports if the user can see the page. Outside a browser it counts as visible. */
function createVisibility(): Visibility {
  if (typeof document === 'undefined') return { isVisible: () => true, onChange: () => () => {} }
  return {
    isVisible: () => document.visibilityState === 'visible',
    onChange(listener) {
      const stopped = new AbortController()
      document.addEventListener('visibilitychange', listener, stopped)
      return () => stopped.abort()
    },
  }
}

/** Browser parts of a call, besides its media and its transport. */
export const callParts: Omit<CallParts, 'media' | 'transport'> = {
  createFrameScheduler,
  makeCall,
  prepareCall,
  visibility: createVisibility(),
}
