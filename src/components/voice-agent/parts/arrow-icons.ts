import type { Drawing } from './Icon.js'

/** In the conversation and in the panels. */
export const upIcon: Drawing = { name: 'up', path: 'M12 19V5M6 11l6-6 6 6' }
export const downIcon: Drawing = { name: 'down', path: 'M12 5v14M6 13l6 6 6-6' }
