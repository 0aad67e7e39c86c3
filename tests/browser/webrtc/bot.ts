import { vi } from 'vitest'

/** What the bot's signalling answers instead of an answer, for the offers to come. */
export type Refusal = () => Response

function abortedBy(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal?.reason)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

/**
 * A SmallWebRTC bot in this page: a real peer connection at the other end; only its HTTP server is a stand-in for `fetch`.
 *
 * @param isReady Resolves when the bot may say that it is ready.
 */
export function startBot({ isReady = Promise.resolve() }: { isReady?: Promise<void> } = {}) {
  const peers: RTCPeerConnection[] = []
  const channels: RTCDataChannel[] = []
  const offers: { authorization: string | null; body: Record<string, unknown> }[] = []
  const received: Record<string, unknown>[] = []
  const refusals: Refusal[] = []
  const audio = new AudioContext()
  let tokens = 0
  /** How an offer for a connection that is there already is answered: by that connection, or by a new one, as after a restart. */
  let onRestart: 'restarts-ice' | 'is-another' = 'is-another'
  const senders: { sender: RTCRtpSender; track: MediaStreamTrack }[] = []

  const sendRaw = (text: string) => channels.at(-1)?.send(text)
  const send = (type: string, data: unknown = {}) =>
    sendRaw(JSON.stringify({ id: 'bot', label: 'rtvi-ai', type, data }))

  async function answer(sdp: string): Promise<Response> {
    const pc = new RTCPeerConnection()
    peers.push(pc)
    const tone = audio.createOscillator()
    const voice = audio.createMediaStreamDestination()
    tone.connect(voice)
    tone.start()
    pc.ondatachannel = ({ channel }) => {
      channels.push(channel)
      channel.onmessage = async ({ data }) => {
        if (typeof data !== 'string' || !data.startsWith('{')) return
        const message = JSON.parse(data)
        received.push(message)
        if (message.type !== 'client-ready') return
        await isReady
        send('bot-ready', { version: '2.1.0' })
        const { sessionId, resume } = (offers.at(-1)?.body.requestData ?? {}) as Record<string, unknown>
        send('server-message', { type: 'session', sessionId, resumed: resume })
      }
    }
    await pc.setRemoteDescription({ type: 'offer', sdp })
    for (const track of voice.stream.getTracks())
      senders.push({ sender: pc.addTrack(track, voice.stream), track })
    await pc.setLocalDescription()
    return Response.json({ sdp: pc.localDescription?.sdp, type: 'answer', pc_id: `pc-${peers.length}` })
  }

  async function restart(pc: RTCPeerConnection, sdp: string, pcId: string): Promise<Response> {
    await pc.setRemoteDescription({ type: 'offer', sdp })
    await pc.setLocalDescription()
    for (const { sender, track } of senders) await sender.replaceTrack(track)
    return Response.json({ sdp: pc.localDescription?.sdp, type: 'answer', pc_id: pcId })
  }

  async function addCandidates({ candidates }: { candidates: Record<string, string>[] }): Promise<Response> {
    for (const { candidate, sdp_mid } of candidates) {
      if (candidate) await peers.at(-1)?.addIceCandidate({ candidate, sdpMid: sdp_mid ?? null })
    }
    return Response.json({ status: 'success' })
  }

  const fetched = vi.spyOn(window, 'fetch').mockImplementation(async (input, init) => {
    const body = JSON.parse(String(init?.body))
    if (String(input).endsWith('/token')) {
      const expiresAt = Date.now() + 600_000
      return Response.json({
        token: `token-${++tokens}`,
        expiresAt,
        session_id: body.session_id ?? 'session-1',
      })
    }
    // A peer connection that is closed meanwhile never answers (WebRTC, 4.4.2): the request ends as a real one does, with its signal.
    if (init?.method === 'PATCH') return Promise.race([addCandidates(body), abortedBy(init.signal)])
    offers.push({ authorization: new Headers(init?.headers).get('Authorization'), body })
    const known = onRestart === 'restarts-ice' && body.pc_id ? peers.at(-1) : undefined
    return refusals.shift()?.() ?? (known ? restart(known, body.sdp, body.pc_id) : answer(body.sdp))
  })

  return {
    ...{ peers, channels, offers, received, refusals, send, sendRaw },
    /** Falls silent, without closing anything; on the next offer for the same connection it does as it is told here. */
    async fallSilent(then: typeof onRestart) {
      onRestart = then
      for (const { sender } of senders) await sender.replaceTrack(null)
    },
    /** Packets of sound that came from the user so far. */
    async soundReceived(): Promise<number> {
      let packets = 0
      for (const report of ((await peers.at(-1)?.getStats()) ?? new Map()).values()) {
        if (report.type === 'inbound-rtp') packets += report.packetsReceived
      }
      return packets
    },
    async stop() {
      for (const peer of peers) peer.close()
      fetched.mockRestore()
      await audio.close()
    },
  }
}
