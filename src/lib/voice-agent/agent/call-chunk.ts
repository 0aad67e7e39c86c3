import { makeCall, prepareCall } from '../../../../middleware/drivers/call/call.js'
import type { CallParts } from '../../../../middleware/drivers/call/driver.js'
import { createFrameScheduler } from '../page/animation-frames.js'
import { createVisibility } from '../page/visibility.js'

export { type BrowserAgentMedia, createAgentMedia } from '../audio/call-media.js'

/** Browser parts of a call, besides its media and its transport. */
export const callParts: Omit<CallParts, 'media' | 'transport'> = {
  createFrameScheduler,
  makeCall,
  prepareCall,
  visibility: createVisibility(),
}
