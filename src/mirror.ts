/**
 * One conversation in several tabs: one tab owns it, others show it, control it and can take it over. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export {
  type MirrorOptions,
  type MirrorPort,
  mirrorTabs,
  type TabMirror,
  type TakeoverOutcome,
} from './lib/voice-agent/mirror/index.js'
