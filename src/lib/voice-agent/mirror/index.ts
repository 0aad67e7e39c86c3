export type { MirrorOptions } from './attach-mirror.js'
export type { TakeoverOutcome } from './follower.js'
export { mirrorTabs, type TabMirror } from './mirror-tabs.js'
export type { MirrorPort } from './port.js'
