/**
 * Transports: how the package talks to a provider's agent, and the port for writing one.
 *
 * @packageDocumentation
 */

export type { ToolDescription } from '../middleware/tools/ports.js'
export type {
  ClientMessage,
  ConnectRequest,
  Peer,
  PeerRequest,
  TransportEvent,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../middleware/webrtc/ports.js'
export {
  type SmallWebRtcOptions,
  smallWebRtcTransport,
} from './lib/voice-agent/transports/small-webrtc/index.js'
