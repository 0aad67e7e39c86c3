/**
 * Transports based on LiveKit's client, `livekit-client`, an optional peer dependency: install it to use them.
 *
 * @packageDocumentation
 */

export {
  type ElevenLabsOptions,
  elevenLabsTransport,
} from '../lib/voice-agent/transports/eleven-labs/index.js'
export { type LiveKitOptions, liveKitTransport } from '../lib/voice-agent/transports/livekit/index.js'
