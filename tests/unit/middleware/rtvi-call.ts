import { smallWebRtcTransport } from 'redux-voice-agent/transports'
import { vi } from 'vitest'
import type {
  PeerRequest,
  TransportHost,
  VoiceTransportFactory,
} from '../../../middleware/drivers/call/ports.js'

interface RtviServer {
  /** False for a bot without the session contract. */
  session?: boolean
  /** Number of the client's ICE candidates. */
  candidates?: number
  /** HTTP status for requests with candidates. */
  patchStatus?: number
}

/**
 * Connects the default transport to doubles of `RTCPeerConnection`, which Node lacks, and its signalling.
 * Text passed to `receive` arrives as if on the data channel.
 */
export function rtviCall({ session = true, candidates = 0, patchStatus = 200 }: RtviServer = {}): {
  transport: VoiceTransportFactory
  receive: (text: string) => void
} {
  vi.stubGlobal('fetch', async (_url: string, init?: RequestInit) =>
    init?.method === 'PATCH'
      ? new Response(null, { status: patchStatus })
      : Response.json({ sdp: 'v=0', pc_id: 'pc-1' }),
  )
  let onMessage: (text: string) => void = () => {}
  const say = (type: string, data: unknown) =>
    onMessage(JSON.stringify({ id: '1', label: 'rtvi-ai', type, data }))

  const openPeer = async (request: PeerRequest) => {
    onMessage = request.onMessage
    return {
      createOffer: async () => ({ type: 'offer' as const, sdp: 'v=0' }),
      acceptAnswer: async () => {},
      onCandidate(listener: (candidate: RTCIceCandidate | null) => void) {
        const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 } as RTCIceCandidate
        for (let sent = 0; sent < candidates; sent++) listener(candidate)
      },
      addIceServers: () => {},
      opened: async () => {},
      openMicrophoneGate: () => {},
      packetsReceived: async () => 0,
      signsOfLife: async () => 0,
      close: () => {},
      send(text: string) {
        if (!text.includes('client-ready')) return
        queueMicrotask(() => {
          say('bot-ready', {})
          if (session)
            queueMicrotask(() => say('server-message', { type: 'session', sessionId: 's1', resumed: false }))
        })
      },
    }
  }
  return {
    transport: (host: TransportHost) => smallWebRtcTransport()({ ...host, openPeer }),
    receive: (text) => onMessage(text),
  }
}
