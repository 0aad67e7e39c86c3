/**
 * One conversation in several tabs: one tab owns it, others show it, control it and can take it over. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export type { MirrorOptions } from './lib/voice-agent/mirror/attach-mirror.js'
export type { TakeoverOutcome } from './lib/voice-agent/mirror/follower.js'
export { mirrorTabs, type TabMirror } from './lib/voice-agent/mirror/mirror-tabs.js'
export type { MirrorPort } from './lib/voice-agent/mirror/port.js'
