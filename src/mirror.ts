/**
 * One conversation in several tabs: one has it, others show it, steer it and take it over. Costs nothing unless imported.
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
