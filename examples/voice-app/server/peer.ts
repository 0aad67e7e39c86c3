import { createAudioOut, type Player } from './audio-out.js'
import { ApiError } from './errors.js'
import { createKeepalive, type KeepaliveLimits } from './keepalive.js'
import { type AudioFrame, type AudioSink, loadWebRtc } from './wrtc.js'

export interface PeerEvents {
  /** Handles a message of the data channel. */
  onMessage: (raw: unknown) => void
  onAudio: (frame: AudioFrame) => void
  /** Called once, when the peer leaves, is lost or is closed. */
  onGone: () => void
}

export interface Peer {
  /** The answer, including candidates. */
  readonly sdp: string
  readonly audio: Player
  send(text: string): void
  addCandidates(candidates: readonly RTCIceCandidateInit[]): Promise<void>
  /** Answers the offer of an ICE restart. Rejects with ApiError 400 `offer_invalid`. */
  restartIce(offerSdp: string): Promise<string>
  close(): void
}

const gatheringMs = 1000
/** Milliseconds to wait for the next UDP candidate. TCP candidates take ten times as long, and loopback needs none. */
const nextCandidateMs = 20

/** Answers an offer with a new peer connection. @throws ApiError 400 `offer_invalid` */
export async function openPeer(
  offerSdp: string,
  events: PeerEvents,
  limits: KeepaliveLimits = {},
): Promise<Peer> {
  const { RTCPeerConnection, nonstandard } = loadWebRtc()
  const pc = new RTCPeerConnection({ iceServers: [] })
  const source = new nonstandard.RTCAudioSource()
  const track = source.createTrack()
  const audio = createAudioOut(source)
  let sink: AudioSink | null = null
  let channel: RTCDataChannel | null = null
  let closed = false

  const close = () => {
    if (closed) return
    closed = true
    keepalive.stop()
    audio.dispose()
    // Removes handlers and sinks first. Otherwise libwebrtc calls freed objects.
    pc.onconnectionstatechange = null
    pc.onicegatheringstatechange = pc.onicecandidate = null
    pc.ondatachannel = null
    pc.ontrack = null
    if (channel) channel.onmessage = channel.onopen = channel.onclose = null
    if (sink) sink.ondata = null
    sink?.stop()
    track.stop()
    pc.close()
    events.onGone()
  }
  const keepalive = createKeepalive(close, limits)

  pc.onconnectionstatechange = () => {
    if (pc.connectionState === 'connected') keepalive.connected()
    if (pc.connectionState === 'failed' || pc.connectionState === 'closed') close()
  }
  pc.ontrack = ({ track: incoming }) => {
    if (incoming.kind !== 'audio' || sink) return
    sink = new nonstandard.RTCAudioSink(incoming)
    sink.ondata = (frame) => events.onAudio(frame)
  }
  pc.ondatachannel = ({ channel: opened }) => {
    if (channel) return
    channel = opened
    opened.onopen = () => keepalive.heard()
    opened.onclose = close
    opened.onmessage = ({ data }) => {
      keepalive.heard()
      events.onMessage(data)
    }
    if (opened.readyState === 'open') keepalive.heard()
  }

  /** Returns the answer, including candidates. */
  const answer = async (sdp: string, prepare: () => void): Promise<string> => {
    try {
      await pc.setRemoteDescription({ type: 'offer', sdp })
      prepare()
      await pc.setLocalDescription(await pc.createAnswer())
    } catch {
      throw new ApiError(400, 'offer_invalid', 'The session description cannot be answered.')
    }
    await gathered(pc)
    // After closing, libwebrtc has freed the description.
    return closed ? '' : (pc.localDescription?.sdp ?? '')
  }

  const sdp = await answer(offerSdp, () => pc.addTrack(track)).catch((error: unknown) => {
    close()
    throw error
  })

  return {
    sdp,
    audio,
    send(text) {
      // A channel of a closed connection may still report `open`, but libwebrtc has freed it.
      if (closed) return
      try {
        if (channel?.readyState === 'open') channel.send(text)
      } catch {
        // The channel has just closed; `onclose` follows.
      }
    },
    async addCandidates(candidates) {
      for (const candidate of candidates) {
        if (closed || !candidate.candidate) continue
        // An unusable candidate does not prevent the use of the others.
        await pc.addIceCandidate(candidate).catch(() => {})
      }
    },
    restartIce: (offer) => answer(offer, () => {}),
    close,
  }
}

/** Waits for all UDP candidates, but at most a second; host candidates take a few milliseconds. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  // After an ICE restart, the state is that of the previous gathering until the new one begins.
  const isDone = () =>
    pc.iceGatheringState === 'complete' && (pc.localDescription?.sdp.includes('a=candidate') ?? false)
  if (isDone()) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(done, gatheringMs)
    let last: ReturnType<typeof setTimeout> | undefined
    function done() {
      clearTimeout(timer)
      clearTimeout(last)
      pc.onicegatheringstatechange = pc.onicecandidate = null
      resolve()
    }
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate || !/ udp /i.test(candidate.candidate)) return
      clearTimeout(last)
      last = setTimeout(done, nextCandidateMs)
    }
    pc.onicegatheringstatechange = () => {
      if (isDone()) done()
    }
  })
}
