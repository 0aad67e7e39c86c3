import { createAudioOut, type Player } from './audio-out.js'
import { ApiError } from './errors.js'
import { createKeepalive, type KeepaliveLimits } from './keepalive.js'
import { type AudioFrame, type AudioSink, loadWebRtc } from './wrtc.js'

export interface PeerEvents {
  /** A message of the data channel. */
  onMessage: (raw: unknown) => void
  onAudio: (frame: AudioFrame) => void
  /** The peer left, was lost or was closed; once. */
  onGone: () => void
}

export interface Peer {
  /** The answer, candidates included. */
  readonly sdp: string
  readonly audio: Player
  send(text: string): void
  addCandidates(candidates: readonly RTCIceCandidateInit[]): Promise<void>
  /** Answers the offer of an ICE restart: the same call over new paths. Rejects with ApiError 400 `offer_invalid`. */
  restartIce(offerSdp: string): Promise<string>
  close(): void
}

const gatheringMs = 1000

/** Answers an offer with a peer connection of its own. @throws ApiError 400 `offer_invalid` */
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
    // Handlers and sinks first: libwebrtc calls back into what is already freed otherwise.
    pc.onconnectionstatechange = null
    pc.onicegatheringstatechange = null
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

  /** Gives the answer, candidates included. */
  const answer = async (sdp: string, prepare: () => void): Promise<string> => {
    try {
      await pc.setRemoteDescription({ type: 'offer', sdp })
      prepare()
      await pc.setLocalDescription(await pc.createAnswer())
    } catch {
      throw new ApiError(400, 'offer_invalid', 'The session description cannot be answered.')
    }
    await gathered(pc)
    // Of one that is closed libwebrtc has freed it.
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
      // A channel that closed with its connection may still call itself open, and libwebrtc has freed what it would send with.
      if (closed) return
      try {
        if (channel?.readyState === 'open') channel.send(text)
      } catch {
        // It closed a moment ago: onclose follows.
      }
    },
    async addCandidates(candidates) {
      for (const candidate of candidates) {
        if (closed || !candidate.candidate) continue
        // A candidate that cannot be used is no reason to refuse the others.
        await pc.addIceCandidate(candidate).catch(() => {})
      }
    },
    restartIce: (offer) => answer(offer, () => {}),
    close,
  }
}

/** Done, or as far as it came in a second: host candidates take a few milliseconds. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  // After an ICE restart the state is that of the round before, until the new one begins.
  const isDone = () =>
    pc.iceGatheringState === 'complete' && (pc.localDescription?.sdp.includes('a=candidate') ?? false)
  if (isDone()) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(done, gatheringMs)
    function done() {
      clearTimeout(timer)
      pc.onicegatheringstatechange = null
      resolve()
    }
    pc.onicegatheringstatechange = () => {
      if (isDone()) done()
    }
  })
}
