/**
 * Transports, which connect the package to a provider's agent, and the interface for writing your own.
 *
 * @packageDocumentation
 */

export type {
  ClientMessage,
  ConnectRequest,
  MicrophoneRequest,
  Peer,
  PeerRequest,
  PeerShape,
  TransportEvent,
  TransportHost,
  TransportMemo,
  VoiceTransport,
  VoiceTransportFactory,
} from '../middleware/drivers/call/ports.js'
export type { ToolDescription } from '../middleware/drivers/tools/ports.js'
export type { Warning as SetupWarning, WarningCode as SetupWarningCode } from '../middleware/warnings.js'
export {
  type OpenAiRealtimeOptions,
  openAiRealtimeTransport,
} from './lib/voice-agent/transports/openai-realtime/index.js'
export type { CallUrl, TransportCall } from './lib/voice-agent/transports/signalling-request.js'
export { smallWebRtcTransport } from './lib/voice-agent/transports/small-webrtc/index.js'
export type { SmallWebRtcCall, SmallWebRtcOptions } from './lib/voice-agent/transports/small-webrtc/offer.js'
export type { WhipChannel } from './lib/voice-agent/transports/whip/channel.js'
export { type WhipOptions, whipTransport } from './lib/voice-agent/transports/whip/index.js'
