import type {
  ClientMessage,
  ConnectRequest,
  TransportEvent,
  VoiceTransportFactory,
} from '../../../../middleware/webrtc/ports.js'
import type { AgentContinuation } from '../../../../store/index.js'

/** What a {@link scriptedTransport} does when it is asked to connect. */
export type ConnectScript = (request: ConnectRequest) => AgentContinuation | Promise<AgentContinuation>

/** A transport without a network, and the strings to pull it by. */
export interface ScriptedTransport extends VoiceTransportFactory {
  /** As if the provider had sent it, on the connection that is open. */
  emit(event: TransportEvent): void
  /** What was sent to the agent, over all connections. */
  readonly sent: readonly ClientMessage[]
  /** What each connection started from. */
  readonly requests: readonly ConnectRequest[]
  /** Connections that are open: made and not yet closed. */
  readonly open: number
}

/**
 * A transport for tests and stories: it opens no microphone and no peer connection, and says what it is told to say.
 *
 * @param connect How each connection goes: gives how the agent continued, or rejects. @default () => 'fresh'
 * @example
 * const transport = scriptedTransport()
 * const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport, refreshToken, persistence: false })
 * await voiceAgent.agent.connect()
 * transport.emit({ type: 'user-transcript', text: 'Hello', final: true })
 */
export function scriptedTransport(connect: ConnectScript = () => 'fresh'): ScriptedTransport {
  const sent: ClientMessage[] = []
  const requests: ConnectRequest[] = []
  const connections = new Set<(event: TransportEvent) => void>()

  const factory: VoiceTransportFactory = ({ emit }) => ({
    async connect(request) {
      requests.push(request)
      connections.add(emit)
      return connect(request)
    },
    send: (message) => void sent.push(message),
    close: () => void connections.delete(emit),
  })

  const controls = {
    emit(event: TransportEvent) {
      for (const emit of connections) emit(event)
    },
    sent,
    requests,
    get open() {
      return connections.size
    },
  }
  // Not Object.assign, which would read the getter once.
  return Object.defineProperties(factory, Object.getOwnPropertyDescriptors(controls)) as ScriptedTransport
}
