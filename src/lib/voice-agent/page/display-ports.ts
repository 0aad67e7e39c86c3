import type { DisplayPorts } from '../../../../middleware/webrtc/ports.js'
import { createFrameScheduler } from './animation-frames.js'
import { createVisibility } from './visibility.js'

/** Creates the ports for drawing frames and for the page's visibility. */
export const createDisplayPorts = (): DisplayPorts => ({
  createFrameScheduler,
  visibility: createVisibility(),
})
