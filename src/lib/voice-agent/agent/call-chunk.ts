import { makeCall, prepareCall } from '../../../../middleware/drivers/call/call.js'
import type { CallParts } from '../../../../middleware/drivers/call/driver.js'
import { createFrameScheduler } from '../page/frame-scheduler.js'
import { createVisibility } from '../page/visibility.js'

// Some of these are only for the check before a call, which loads the same chunk.
export { createConnection } from '../../../../middleware/drivers/call/connection.js'
export { isMicrophoneTrouble } from '../../../../store/index.js'
export { type BrowserAgentMedia, createAgentMedia, readIceServers } from '../audio/call-media.js'
export { watchRelays } from '../webrtc/peer-connection.js'

/** Browser-specific parts of a call, apart from its media and transport. */
export const callParts: Omit<CallParts, 'media' | 'transport'> = {
  createFrameScheduler,
  makeCall,
  prepareCall,
  visibility: createVisibility(),
}
