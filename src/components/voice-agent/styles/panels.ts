import { approval } from './approval.js'
import { conversations } from './conversations.js'
import { devicePanel } from './device-panel.js'
import { statistics } from './statistics.js'
import { inLayer } from './tokens.js'

/** Styles of the panels, in the same layer as the others. */
export const panelStyles = inLayer(approval + conversations + devicePanel + statistics)
