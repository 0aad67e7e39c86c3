import type { PrepareCalls } from '../../../middleware/index.js'
import type { VoiceTransportFactory } from '../../../middleware/webrtc/ports.js'

export const importCall = () => import('./call.js')

async function importTransport(): Promise<VoiceTransportFactory> {
  const { smallWebRtcTransport } = await import('./transports/small-webrtc/index.js')
  return smallWebRtcTransport()
}

/** Side by side with the code of a call, that of the transport where the app names none. */
export async function loadCall(transport: VoiceTransportFactory | undefined): Promise<PrepareCalls> {
  const [{ callsBy }, chosen] = await Promise.all([importCall(), transport ?? importTransport()])
  return callsBy(chosen)
}
