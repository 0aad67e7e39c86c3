export type { TakeoverOutcome } from './follower.js'
export { type MirrorOptions, mirrorTabs, type TabMirror } from './mirror-tabs.js'
export type { MirrorPort } from './port.js'
