import { createRealtimeDouble } from '../../../support/realtime-double.js'

/** OpenAI's Realtime API in this page. A real peer connection is at the other end, and `fetch` replaces the HTTP server. */
export function startProvider() {
  const native = window.fetch.bind(window)
  /** The native class, because the other end's steps don't count for the client. */
  const Peer = Object.getPrototypeOf(RTCPeerConnection) as typeof RTCPeerConnection

  async function answer(sdp: string): Promise<Response> {
    const pc = new Peer()
    pc.ondatachannel = ({ channel }) => {
      const double = createRealtimeDouble({
        send(event) {
          if (channel.readyState === 'open') channel.send(JSON.stringify(event))
        },
      })
      channel.onmessage = ({ data }) => double.receive(String(data))
      double.open()
    }
    await pc.setRemoteDescription({ type: 'offer', sdp })
    pc.addTransceiver('audio')
    await pc.setLocalDescription()
    await new Promise<void>((resolve) => {
      const check = () => pc.iceGatheringState === 'complete' && resolve()
      pc.onicegatheringstatechange = check
      check()
    })
    const headers = { 'Content-Type': 'application/sdp', Location: '/v1/realtime/calls/rtc_1' }
    return new Response(pc.localDescription?.sdp, { status: 201, headers })
  }

  window.fetch = async (input, init) => {
    const url = String(input)
    if (url.endsWith('/token'))
      return Response.json({ token: 'ek_1', expiresAt: Date.now() + 600_000, session_id: 'session-1' })
    if (url.includes('/realtime/')) return answer(String(init?.body))
    return native(input, init)
  }
}
