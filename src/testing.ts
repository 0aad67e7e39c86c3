/**
 * For tests and stories of apps that use the package: a transport without a network, a storage without a disk, recorded calls.
 *
 * @packageDocumentation
 */

export { type Replay, replay } from './lib/voice-agent/replay/replay.js'
export { memoryStorage } from './lib/voice-agent/storage/index.js'
export {
  type ConnectScript,
  type ScriptedTransport,
  scriptedTransport,
} from './lib/voice-agent/transports/scripted.js'
