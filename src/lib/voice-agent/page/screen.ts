import type { Screen } from '../../../../middleware/webrtc/ports.js'
import { createFrames } from './animation-frames.js'
import { createVisibility } from './visibility.js'

export const createScreen = (): Screen => ({ createFrames, visibility: createVisibility() })
