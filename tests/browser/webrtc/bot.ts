import { vi } from 'vitest'

/** Response of the bot's signalling to the next offers, instead of an answer. */
export type Refusal = (signal: RequestSignal) => Response | Promise<Response>

type RequestSignal = AbortSignal | null | undefined

function abortedBy(signal: RequestSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal?.reason)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

/** Resolves when all candidates are gathered. The server doesn't trickle: like aiortc's, its answer contains all of them. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (pc.iceGatheringState !== 'complete') return
      pc.removeEventListener('icegatheringstatechange', look)
      resolve()
    }
    pc.addEventListener('icegatheringstatechange', look)
    look()
  })
}

/**
 * A SmallWebRTC bot in this page with real peer connections. Only its HTTP server is replaced, by a double of `fetch`.
 *
 * @param isReady Resolves when the bot may report that it is ready.
 */
export function startBot({ isReady = Promise.resolve() }: { isReady?: Promise<void> } = {}) {
  const peers: RTCPeerConnection[] = []
  const channels: RTCDataChannel[] = []
  const offers: { authorization: string | null; body: Record<string, unknown> }[] = []
  const received: Record<string, unknown>[] = []
  const refusals: Refusal[] = []
  const audio = new AudioContext()
  let tokens = 0
  let pings = 0
  /** How the bot answers an offer for an existing connection: with that connection, or with a new one, as after a server restart. */
  let onRestart: 'restarts-ice' | 'is-another' = 'is-another'
  const senders: { sender: RTCRtpSender; track: MediaStreamTrack }[] = []

  const peersById = new Map<unknown, RTCPeerConnection>()
  let answered = 0

  /** The client's counters when the path went dead; null while the path works. */
  let frozen: Map<RTCPeerConnection, RTCStatsReport> | null = null
  const readStats = RTCPeerConnection.prototype.getStats
  // Not a spy, because tests may spy on it too, and a method has only one spy.
  RTCPeerConnection.prototype.getStats = async function (this: RTCPeerConnection) {
    const report = await readStats.call(this)
    if (!frozen || peers.includes(this)) return report
    if (!frozen.has(this)) frozen.set(this, report)
    return frozen.get(this) ?? report
  } as typeof readStats

  const sendRaw = (text: string) => channels.at(-1)?.send(text)
  const rtvi = (type: string, data: unknown) => JSON.stringify({ id: 'bot', label: 'rtvi-ai', type, data })
  const send = (type: string, data: unknown = {}) => sendRaw(rtvi(type, data))
  function sendOver(channel: RTCDataChannel, type: string, data: unknown) {
    // The user may have hung up while the bot was getting ready.
    if (channel.readyState === 'open') channel.send(rtvi(type, data))
  }

  async function answer(sdp: string, asked: Record<string, unknown>): Promise<Response> {
    const pc = new RTCPeerConnection()
    const pcId = `pc-${++answered}`
    peers.push(pc)
    peersById.set(pcId, pc)
    const tone = audio.createOscillator()
    const voice = audio.createMediaStreamDestination()
    tone.connect(voice)
    tone.start()
    pc.ondatachannel = ({ channel }) => {
      channels.push(channel)
      channel.onmessage = async ({ data }) => {
        if (typeof data === 'string' && data.startsWith('ping')) pings++
        if (typeof data !== 'string' || !data.startsWith('{')) return
        const message = JSON.parse(data)
        received.push(message)
        if (message.type !== 'client-ready') return
        await isReady
        sendOver(channel, 'bot-ready', { version: '2.1.0' })
        const { sessionId, resume } = asked
        sendOver(channel, 'server-message', { type: 'session', sessionId, resumed: resume })
      }
      channel.onclose = () => {
        tone.stop()
        pc.close()
      }
    }
    await pc.setRemoteDescription({ type: 'offer', sdp })
    for (const track of voice.stream.getTracks())
      senders.push({ sender: pc.addTrack(track, voice.stream), track })
    await pc.setLocalDescription()
    await gathered(pc)
    return Response.json({ sdp: pc.localDescription?.sdp, type: 'answer', pc_id: pcId })
  }

  async function restart(pc: RTCPeerConnection, sdp: string, pcId: string): Promise<Response> {
    await pc.setRemoteDescription({ type: 'offer', sdp })
    await pc.setLocalDescription()
    for (const { sender, track } of senders) await sender.replaceTrack(track)
    return Response.json({ sdp: pc.localDescription?.sdp, type: 'answer', pc_id: pcId })
  }

  async function addCandidates(body: {
    pc_id: string
    candidates: Record<string, string>[]
  }): Promise<Response> {
    const pc = peersById.get(body.pc_id)
    for (const { candidate, sdp_mid } of body.candidates) {
      if (candidate) await pc?.addIceCandidate({ candidate, sdpMid: sdp_mid ?? null })
    }
    return Response.json({ status: 'success' })
  }

  const fetched = vi.spyOn(window, 'fetch').mockImplementation(async (input, init) => {
    const body = JSON.parse(String(init?.body))
    // A peer connection that is closed meanwhile never settles (WebRTC, 4.4.2), so the request ends with its signal, as a real one does.
    const untilAborted = (response: Promise<Response>) => Promise.race([response, abortedBy(init?.signal)])
    if (String(input).endsWith('/token')) {
      const expiresAt = Date.now() + 600_000
      return Response.json({
        token: `token-${++tokens}`,
        expiresAt,
        session_id: body.session_id ?? 'session-1',
      })
    }
    if (init?.method === 'PATCH') return untilAborted(addCandidates(body))
    frozen = null
    offers.push({ authorization: new Headers(init?.headers).get('Authorization'), body })
    const known = onRestart === 'restarts-ice' ? peersById.get(body.pc_id) : undefined
    return (
      refusals.shift()?.(init?.signal) ??
      untilAborted(known ? restart(known, body.sdp, body.pc_id) : answer(body.sdp, body.request_data ?? {}))
    )
  })

  return {
    ...{ peers, channels, offers, received, refusals, send, sendRaw },
    /** Number of pings received so far. */
    pings: () => pings,
    /** Leaves the next offer unanswered. Resolves with its signal when the offer arrives. */
    ignoreNext: () =>
      new Promise<RequestSignal>((resolve) => {
        refusals.push((signal) => {
          resolve(signal)
          return abortedBy(signal)
        })
      }),
    /** Stops sending sound. Its host still acknowledges received packets. */
    async fallSilent() {
      for (const { sender } of senders) await sender.replaceTrack(null)
    },
    /** Cuts the path without closing anything, until the next offer, which is answered as given. */
    async cutPath(then: typeof onRestart) {
      onRestart = then
      frozen = new Map()
      for (const { sender } of senders) await sender.replaceTrack(null)
    },
    /** Number of sound packets received from the user so far. */
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
      RTCPeerConnection.prototype.getStats = readStats
      await audio.close()
    },
  }
}
