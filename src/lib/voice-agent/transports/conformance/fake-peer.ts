import type { Peer, PeerRequest } from '../../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { descriptionOf } from './description.js'
import type { ConformanceProvider } from './subject.js'

const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
} as RTCIceCandidate

/** A peer connection without a network, with its data channel connected to the provider. */
export interface FakePeer extends Peer {
  readonly isClosed: boolean
  readonly isGateOpen: boolean
  /** Closes the channel while the transport uses it. */
  drop(): void
  /** Delivers a text from the provider. */
  receive(text: string): void
}

export interface FakePeerPorts {
  provider: ConformanceProvider
  /** Takes at least one task. */
  step(): Promise<void>
  /** Called when the transport opens the microphone's gate. */
  onGate(): void
}

export function createFakePeer(
  { signal, onMessage, dataChannel }: PeerRequest,
  { provider, step, onGate }: FakePeerPorts,
): FakePeer {
  let isClosed = false
  let isOpen = false
  let isGateOpen = false
  let generation = 0
  let signs = 0
  const send = (text: string) => void Promise.resolve().then(() => peer.receive(text))
  const peer: FakePeer = {
    get isClosed() {
      return isClosed
    },
    get isGateOpen() {
      return isGateOpen
    },
    async createOffer({ iceRestart } = { iceRestart: false }) {
      await step()
      if (iceRestart) generation++
      return { type: 'offer', sdp: descriptionOf('offer', generation) }
    },
    async acceptAnswer({ sdp = '' }) {
      await step()
      if (!sdp.startsWith('v=0')) throw new VoiceAgentError('signalling-rejected')
    },
    onCandidate(listener) {
      if (isClosed) return
      listener(candidate)
      listener(null)
    },
    addIceServers() {},
    async opened() {
      await step()
      signal.throwIfAborted()
      if (isClosed) throw new VoiceAgentError('agent-unreachable')
      isOpen = true
      if (dataChannel !== null) provider.onOpen?.(send)
    },
    openMicrophoneGate() {
      if (isClosed || isGateOpen) return
      isGateOpen = true
      onGate()
    },
    send(text) {
      if (!isOpen || isClosed || dataChannel === null) return false
      void step().then(() => {
        if (!isClosed) provider.onMessage?.(text, send)
      })
      return true
    },
    undelivered: () => [],
    packetsReceived: async () => ++signs,
    signsOfLife: async () => ++signs,
    close() {
      isClosed = true
      isOpen = false
    },
    drop() {
      isOpen = false
    },
    receive(text) {
      // A real peer delivers nothing once it is closed.
      if (!isClosed) onMessage(text)
    },
  }
  signal.addEventListener('abort', peer.close, { once: true })
  return peer
}
