import { type AudioOut, createAudioOut } from './audio-out.js'
import { ApiError } from './errors.js'
import { createKeepalive } from './keepalive.js'
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
  readonly audio: AudioOut
  send(text: string): void
  addCandidates(candidates: readonly RTCIceCandidateInit[]): Promise<void>

  close(): void
}

const gatheringMs = 1000

/** Answers an offer with a peer connection of its own. @throws ApiError 400 `offer_invalid` */
export async function openPeer(offerSdp: string, events: PeerEvents): Promise<Peer> {
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
    pc.ondatachannel = null
    pc.ontrack = null
    if (channel) channel.onmessage = channel.onopen = channel.onclose = null
    if (sink) sink.ondata = null
    sink?.stop()
    track.stop()
    pc.close()
    events.onGone()
  }
  const keepalive = createKeepalive(close)

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

  try {
    await pc.setRemoteDescription({ type: 'offer', sdp: offerSdp })
    pc.addTrack(track)
    await pc.setLocalDescription(await pc.createAnswer())
  } catch {
    close()
    throw new ApiError(400, 'offer_invalid', 'The session description cannot be answered.')
  }
  await gathered(pc)

  return {
    sdp: pc.localDescription?.sdp ?? '',
    audio,
    send(text) {
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
    close,
  }
}

/** Done, or as far as it came in a second: host candidates take a few milliseconds. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  if (pc.iceGatheringState === 'complete') return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(done, gatheringMs)
    function done() {
      clearTimeout(timer)
      pc.onicegatheringstatechange = null
      resolve()
    }
    pc.onicegatheringstatechange = () => {
      if (pc.iceGatheringState === 'complete') done()
    }
  })
}
