import type { PrepareCalls } from '../../../../middleware/index.js'
import type { VoiceTransportFactory } from '../../../../middleware/webrtc/ports.js'
import { importCall, type LazyCallMedia } from '../audio/lazy-call-media.js'

async function importTransport(): Promise<VoiceTransportFactory> {
  const { smallWebRtcTransport } = await import('../transports/small-webrtc/index.js')
  return smallWebRtcTransport()
}

/** Side by side with the code of a call, that of the transport where the app names none. */
export async function loadCall(
  media: Pick<LazyCallMedia, 'load'>,
  transport: VoiceTransportFactory | undefined,
): Promise<PrepareCalls> {
  const [{ callsBy }, loaded, chosen] = await Promise.all([
    importCall(),
    media.load(),
    transport ?? importTransport(),
  ])
  return callsBy(chosen, loaded)
}
