import { conversations } from './conversations.js'
import { devicePanel } from './device-panel.js'
import { statistics } from './statistics.js'

/** What only an open panel needs, in the layer of everything else. */
export const panelStyles = `@layer rva {${conversations}${devicePanel}${statistics}}`
