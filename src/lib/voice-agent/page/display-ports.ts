import type { DisplayPorts } from '../../../../middleware/webrtc/ports.js'
import { createFrameScheduler } from './animation-frames.js'
import { createVisibility } from './visibility.js'

export const createDisplayPorts = (): DisplayPorts => ({
  createFrameScheduler,
  visibility: createVisibility(),
})
