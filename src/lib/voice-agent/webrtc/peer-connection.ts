import type { Peer, PeerRequest, PeerShape } from '../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { watchRelays } from './relay-failure.js'
import { createSendBuffer } from './send-buffer.js'
import { countSignsOfLife } from './stats-reading.js'

/** A peer with the methods that the page's media need. */
export interface MediaPeer extends Peer {
  /** Another microphone, without a new offer: `replaceTrack`. */
  setTrack(track: MediaStreamTrack | null): void
  /** Null when it is closed. */
  getStats(): Promise<RTCStatsReport | null>
}

export interface PeerOptions extends PeerRequest {
  configuration: RTCConfiguration
  /** Reads the ICE servers again before an ICE restart, because the credentials of TURN expire. Added ones stay. */
  readIceServers(): Promise<readonly RTCIceServer[]>
  /** Made before, with the same data channel and direction. @default made now */
  prepared?: PreparedPeer | null
  /** Null for a call without a microphone. It is shared by all connections of a call, so it is never stopped here. */
  track: MediaStreamTrack | null
  onStream(stream: MediaStream): void
  onClose(): void
  onState(state: 'connected' | 'disconnected' | 'failed' | 'closed'): void
}

/** Names of the errors that a browser throws for a configuration it can't use (W3C WebRTC, 4.4.1.1 and 4.4.1.6). */
const configurationErrors = new Set(['SyntaxError', 'InvalidAccessError', 'TypeError'])

/** Lists the addresses of ICE servers. Leaves out everything before an `@`, which may be credentials. */
function describeAddresses(iceServers: unknown): string {
  if (!Array.isArray(iceServers)) return typeof iceServers
  const addresses: unknown[] = iceServers.flatMap((server?: Partial<RTCIceServer>) => server?.urls)
  const described = addresses.map((url) =>
    typeof url === 'string' ? `'${url.replace(/.*@/, '…@')}'` : typeof url,
  )
  return `[${described.join(', ')}]`
}

function describeConfiguration({ iceServers, iceTransportPolicy = 'all' }: RTCConfiguration): string {
  if (iceTransportPolicy !== 'all' && iceTransportPolicy !== 'relay')
    return `iceTransportPolicy must be 'all' or 'relay'; got '${iceTransportPolicy}'.`
  const expected =
    'a list of { urls } with stun:, turn: or turns: addresses; TURN needs username and credential'
  return `iceServers must be ${expected}; got ${describeAddresses(iceServers)}.`
}

/** @throws VoiceAgentError `invalid-option` for a configuration that the browser can't use */
function configured<Result>(configuration: RTCConfiguration, use: () => Result): Result {
  try {
    return use()
  } catch (cause) {
    if (!(cause instanceof Error) || !configurationErrors.has(cause.name)) throw cause
    const detail = `createVoiceAgent: ${describeConfiguration(configuration)}`
    throw new VoiceAgentError('invalid-option', detail, { cause })
  }
}

/** A peer connection that has asked for nothing yet. */
export interface PreparedPeer {
  pc: RTCPeerConnection
  channel: RTCDataChannel | null
  sender: RTCRtpSender
}

/** @throws VoiceAgentError `invalid-option` for a configuration that the browser can't use */
export function preparePeer(
  configuration: RTCConfiguration,
  { dataChannel, direction = 'sendrecv' }: PeerShape,
): PreparedPeer {
  const pc = configured(configuration, () => new RTCPeerConnection(configuration))
  const channel = dataChannel === null ? null : pc.createDataChannel(dataChannel, { ordered: true })
  // Has no track until the gate opens, so that an agent that is not ready does not hear the microphone.
  const { sender } = pc.addTransceiver('audio', { direction })
  return { pc, channel, sender }
}

/**
 * Creates an `RTCPeerConnection` with an audio transceiver and optionally a data channel. Its handlers report nothing after
 * `close`.
 */
export function createPeer({
  configuration,
  dataChannel,
  direction = 'sendrecv',
  prepared,
  signal,
  ...on
}: PeerOptions): MediaPeer {
  signal.throwIfAborted()
  if (prepared) configured(configuration, () => prepared.pc.setConfiguration(configuration))
  const { pc, channel, sender } = prepared ?? preparePeer(configuration, { dataChannel, direction })
  const candidates: (RTCIceCandidate | null)[] = []
  const added: RTCIceServer[] = []
  let onCandidate: ((candidate: RTCIceCandidate | null) => void) | null = null
  let isClosed = false
  let isHopeless = false
  let { track } = on
  let isGateOpen = false
  const buffer = createSendBuffer(() => channel?.bufferedAmount ?? 0)
  const waiting = new Set<() => void>()
  const relays = watchRelays(pc, () => {
    isHopeless = true
    for (const check of waiting) check()
  })

  function report(state: 'connected' | 'disconnected' | 'failed' | 'closed') {
    for (const check of waiting) check()
    if (!isClosed) on.onState(state)
  }

  pc.onicecandidate = ({ candidate }) => {
    if (onCandidate) onCandidate(candidate)
    else candidates.push(candidate)
  }
  pc.ontrack = ({ track: remote, streams: [stream] }) => {
    if (!isClosed) on.onStream(stream ?? new MediaStream([remote]))
  }
  pc.onconnectionstatechange = () => {
    const { connectionState } = pc
    if (connectionState !== 'new' && connectionState !== 'connecting') report(connectionState)
  }
  if (channel) {
    channel.onopen = () => {
      for (const check of waiting) check()
    }
    channel.onclose = () => report('closed')
    channel.onmessage = ({ data }) => {
      if (!isClosed && typeof data === 'string') on.onMessage(data)
    }
  }

  async function renewIceServers() {
    try {
      const servers = [...(await on.readIceServers()), ...added]
      if (servers.length > 0) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: servers })
    } catch {
      // The restart is tried with the servers that are known: the app's function may be out of reach during an outage.
    }
  }

  function close() {
    if (isClosed) return
    isClosed = true
    signal.removeEventListener('abort', close)
    pc.onicecandidate = pc.ontrack = pc.onconnectionstatechange = null
    if (channel) channel.onopen = channel.onclose = channel.onmessage = null
    pc.close()
    for (const check of waiting) check()
    on.onClose()
  }
  signal.addEventListener('abort', close)

  return {
    async createOffer({ iceRestart } = { iceRestart: false }) {
      if (iceRestart) {
        await renewIceServers()
        onCandidate = null
        pc.restartIce()
      }
      await pc.setLocalDescription()
      if (!pc.localDescription) throw new VoiceAgentError('internal', 'The browser created no offer.')
      return pc.localDescription
    },
    async acceptAnswer(answer) {
      try {
        await pc.setRemoteDescription(answer)
      } catch (cause) {
        throw new VoiceAgentError(
          'signalling-rejected',
          'The agent must answer with a session description; the browser rejected its answer.',
          { cause },
        )
      }
    },
    onCandidate(listener) {
      onCandidate = listener
      for (const candidate of candidates.splice(0)) listener(candidate)
    },
    addIceServers(servers) {
      added.push(...servers)
      const configuration = pc.getConfiguration()
      pc.setConfiguration({
        ...configuration,
        iceServers: [...(configuration.iceServers ?? []), ...servers],
      })
    },
    opened: (timeoutMs) =>
      new Promise((resolve, reject) => {
        const unreachable = () => finish(relays.error() ?? new VoiceAgentError('agent-unreachable'))
        const timer = setTimeout(unreachable, timeoutMs)
        function finish(error?: unknown) {
          clearTimeout(timer)
          waiting.delete(check)
          if (error) reject(error)
          else resolve()
        }
        function check() {
          if (signal.aborted) finish(signal.reason)
          else if (isClosed || isHopeless || pc.connectionState === 'failed') unreachable()
          else if ((channel?.readyState ?? 'open') === 'open' && pc.connectionState === 'connected') finish()
        }
        waiting.add(check)
        check()
      }),
    openMicrophoneGate() {
      isGateOpen = direction !== 'recvonly'
      if (track && isGateOpen && !isClosed) void sender.replaceTrack(track)
    },
    setTrack(next) {
      track = next
      if (isGateOpen && !isClosed) void sender.replaceTrack(next)
    },
    getStats: async () => (isClosed ? null : pc.getStats()),
    send(text, id) {
      if (channel?.readyState !== 'open') return false
      try {
        channel.send(text)
      } catch (cause) {
        // Names the only cause that the user can act on (RFC 8841, 6.1).
        const detail = `A message must have at most ${pc.sctp?.maxMessageSize} bytes; this one is longer. Shorten it.`
        throw new VoiceAgentError('text-too-long', detail, { cause })
      }
      buffer.add(text, id)
      return true
    },
    undelivered: buffer.undelivered,
    async packetsReceived() {
      let packets = 0
      if (isClosed) return packets
      for (const report of (await pc.getStats()).values()) {
        if (report.type === 'inbound-rtp') packets += report.packetsReceived
      }
      return packets
    },
    signsOfLife: async () => (isClosed ? 0 : countSignsOfLife(await pc.getStats())),
    close,
  }
}
