import { VoiceAgentError } from '../../../../store/index.js'

/** Error codes of a TURN server that rejects the credentials (RFC 8489, 14.8; RFC 8656, 18). */
const refusals = new Set([401, 403, 441])

/** State of a connection's relays. */
export interface RelayWatch {
  /** Returns the reason if no relay works; null if one does, or if no failure is known. */
  error(): VoiceAgentError | null
}

/**
 * Finds out why a peer connection has no relay (W3C WebRTC, 4.8.2: `icecandidateerror`). Without it, wrong TURN credentials
 * look like an agent that does not answer.
 *
 * @param onHopeless Called if gathering ends without a relay although the connection may use only relays.
 */
export function watchRelays(pc: RTCPeerConnection, onHopeless: () => void): RelayWatch {
  const isRelayOnly = pc.getConfiguration().iceTransportPolicy === 'relay'
  let isRelayed = false
  let isRefused = false
  let hasFailed = false

  pc.addEventListener('icecandidateerror', ({ url, errorCode }) => {
    if (!/^turns?:/i.test(url)) return
    hasFailed = true
    if (refusals.has(errorCode)) isRefused = true
  })
  pc.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.type === 'relay') isRelayed = true
    if (candidate || isRelayed || !isRelayOnly) return
    hasFailed = true
    onHopeless()
  })

  return {
    error() {
      if (isRelayed || !hasFailed) return null
      return new VoiceAgentError(isRefused ? 'relay-refused' : 'relay-unreachable')
    },
  }
}
