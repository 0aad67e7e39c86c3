/**
 * Helpers for your app's tests and stories: a transport without a network, an in-memory storage, and recorded calls.
 *
 * @packageDocumentation
 */

export type { VoiceStorage } from '../middleware/drivers/storage/ports.js'
export { type Replay, replay } from './lib/voice-agent/replay/replay.js'
export { memoryStorage } from './lib/voice-agent/storage/index.js'
export {
  type ConformanceCase,
  type ConformanceKind,
  type ConformanceProvider,
  conformanceAnswer,
  type TransportUnderTest,
  transportConformance,
} from './lib/voice-agent/transports/conformance/index.js'
export {
  type ConnectScript,
  type ScriptedTransport,
  scriptedTransport,
} from './lib/voice-agent/transports/scripted.js'
