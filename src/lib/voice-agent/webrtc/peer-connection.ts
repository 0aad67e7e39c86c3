import type { Peer, PeerRequest, PeerShape } from '../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { countSignsOfLife } from './stats-reading.js'

/** Error codes with which TURN servers reject credentials (RFC 8489, 14.8; RFC 8656, 18). */
const refusals = new Set([401, 403, 441])

/**
 * Detects why a peer connection has no relay (W3C WebRTC, 4.8.2: `icecandidateerror`). Without it, wrong TURN credentials
 * look like an agent that doesn't answer.
 *
 * @param onHopeless Called if gathering ends without a relay, although the connection may only use relays.
 */
export function watchRelays(pc: RTCPeerConnection, onHopeless: () => void) {
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
    /** Returns why no relay works; null if one does, or if no failure is known. */
    error(): VoiceAgentError | null {
      if (isRelayed || !hasFailed) return null
      return new VoiceAgentError(isRefused ? 'relay-refused' : 'relay-unreachable')
    },
  }
}

/**
 * Tracks messages that a data channel has not passed to the network yet.
 *
 * @param bufferedAmount Returns the channel's number of bytes that are not transmitted yet (W3C WebRTC, 6.2).
 */
export function createSendBuffer(bufferedAmount: () => number) {
  const encoder = new TextEncoder()
  let sentBytes = 0
  /** Messages in the buffer. `end` counts the bytes sent up to the end of the message. */
  let messages: { id: string; end: number }[] = []

  function dropTransmitted() {
    const transmitted = sentBytes - bufferedAmount()
    messages = messages.filter(({ end }) => end > transmitted)
  }

  return {
    /** Records a sent message. @param id Omitted for a message that `undelivered` need not report. */
    add(text: string, id?: string) {
      sentBytes += encoder.encode(text).length
      dropTransmitted()
      if (id !== undefined) messages.push({ id, end: sentBytes })
    },
    /** Returns the ids of messages whose last bytes are still in the buffer, so the other side can't have received them. */
    undelivered(): string[] {
      dropTransmitted()
      return messages.map(({ id }) => id)
    },
  }
}

/** A peer with additional methods for the page's media. */
export interface MediaPeer extends Peer {
  /** Switches the microphone without a new offer, by `replaceTrack`. */
  setTrack(track: MediaStreamTrack | null): void
  /** Resolves to null once the peer is closed. */
  getStats(): Promise<RTCStatsReport | null>
}

interface PeerOptions extends PeerRequest {
  configuration: RTCConfiguration
  /** Reads the ICE servers again before an ICE restart, because TURN credentials expire. Servers from `addIceServers` are kept. */
  readIceServers(): Promise<readonly RTCIceServer[]>
  /** Peer connection prepared with the same data channel and direction. @default created now */
  prepared?: PreparedPeer | null
  /** Microphone track; null without a microphone. All connections of a call share it, so it is never stopped here. */
  track: MediaStreamTrack | null
  onStream(stream: MediaStream): void
  onClose(): void
  onState(state: 'connected' | 'disconnected' | 'failed' | 'closed'): void
}

/** Names of the errors that browsers throw for an invalid configuration (W3C WebRTC, 4.4.1.1 and 4.4.1.6). */
const configurationErrors = new Set(['SyntaxError', 'InvalidAccessError', 'TypeError'])

/** Lists the URLs of ICE servers. Leaves out everything before an `@`, because it may be credentials. */
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

/** @throws VoiceAgentError `invalid-option` if the browser rejects the configuration */
function configured<Result>(configuration: RTCConfiguration, use: () => Result): Result {
  try {
    return use()
  } catch (cause) {
    if (!(cause instanceof Error) || !configurationErrors.has(cause.name)) throw cause
    const detail = `createVoiceAgent: ${describeConfiguration(configuration)}`
    throw new VoiceAgentError('invalid-option', detail, { cause })
  }
}

/** A peer connection that hasn't created an offer for the agent yet. */
interface PreparedPeer {
  pc: RTCPeerConnection
  channel: RTCDataChannel | null
  sender: RTCRtpSender
}

/** @throws VoiceAgentError `webrtc-unsupported`, or `invalid-option` if the browser rejects the configuration */
function preparePeer(
  configuration: RTCConfiguration,
  { dataChannel, direction = 'sendrecv' }: PeerShape,
): PreparedPeer {
  if (typeof RTCPeerConnection === 'undefined') throw new VoiceAgentError('webrtc-unsupported')
  const pc = configured(configuration, () => new RTCPeerConnection(configuration))
  const channel = dataChannel === null ? null : pc.createDataChannel(dataChannel, { ordered: true })
  // Has no track until the gate opens, so that the agent doesn't hear the microphone before it is ready.
  const { sender } = pc.addTransceiver('audio', { direction })
  return { pc, channel, sender }
}

/**
 * Creates an `RTCPeerConnection` with an audio transceiver and, optionally, a data channel. Its handlers report nothing after
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
  try {
    signal.throwIfAborted()
    if (prepared) configured(configuration, () => prepared.pc.setConfiguration(configuration))
  } catch (error) {
    prepared?.pc.close()
    throw error
  }
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
    // Some servers send their text as bytes.
    channel.binaryType = 'arraybuffer'
    channel.onmessage = ({ data }) => {
      if (!isClosed) on.onMessage(typeof data === 'string' ? data : new TextDecoder().decode(data))
    }
  }

  /** Sends the track, unless the agent has rejected audio, or the browser has closed the connection, for example while the page was frozen. */
  function sendTrack() {
    if (isGateOpen && !isClosed) sender.replaceTrack(track).catch(() => undefined)
  }

  async function renewIceServers() {
    try {
      const servers = [...(await on.readIceServers()), ...added]
      if (servers.length > 0) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: servers })
    } catch {
      // Tries the restart with the known servers, because the app's function may fail during an outage.
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
      if (track) sendTrack()
    },
    setTrack(next) {
      track = next
      sendTrack()
    },
    getStats: async () => (isClosed ? null : pc.getStats()),
    send(text, id) {
      if (channel?.readyState !== 'open') return false
      try {
        channel.send(text)
      } catch (cause) {
        // Reports the only cause that the user can fix (RFC 8841, 6.1).
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

/** Holds a peer connection that is created before a transport requests it. It has sent nothing. */
export interface PeerReserve {
  /** Creates the peer connection, unless there is one. Ignores errors, because `openPeer` fails in the same way and reports them. */
  prepare(shape: PeerShape): void
  /** Returns the peer connection if it has this shape; otherwise closes it. */
  take(shape: PeerShape): PreparedPeer | null
  drop(): void
}

export function createPeerReserve(configuration: RTCConfiguration): PeerReserve {
  let held: (PeerShape & { peer: PreparedPeer }) | null = null

  function drop() {
    held?.peer.pc.close()
    held = null
  }

  return {
    prepare(shape) {
      if (held) return
      try {
        const peer = preparePeer(configuration, shape)
        held = { ...shape, peer }
        // Generates the certificate now, because the real offer would have to wait for it.
        peer.pc.createOffer().catch(() => undefined)
      } catch {
        drop()
      }
    },
    take({ dataChannel, direction = 'sendrecv' }) {
      const taken = held
      if (taken?.dataChannel !== dataChannel || (taken.direction ?? 'sendrecv') !== direction) drop()
      else {
        held = null
        return taken.peer
      }
      return null
    },
    drop,
  }
}
