import type { VoiceTransportFactory } from '../../../../middleware/webrtc/ports.js'
import { lazyTransport } from './lazy.js'

/** `smallWebRtcTransport()`, loaded when somebody calls, together with the page's media, which it asks for at once. */
export function defaultTransport(): VoiceTransportFactory {
  return lazyTransport(async () => {
    const [{ smallWebRtcTransport }] = await Promise.all([
      import('./small-webrtc/index.js'),
      import('../webrtc/call-media.js'),
    ])
    return smallWebRtcTransport()
  })
}
