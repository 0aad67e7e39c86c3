import type {
  ClientMessage,
  ConnectRequest,
  TransportEvent,
  VoiceTransportFactory,
} from '../../../../middleware/drivers/call/ports.js'
import type { AgentContinuation } from '../../../../store/index.js'

/** Connects a {@link scriptedTransport}: returns how the agent continued, or throws. */
export type ConnectScript = (request: ConnectRequest) => AgentContinuation | Promise<AgentContinuation>

/** A transport without a network, with methods to drive it from a test. */
export interface ScriptedTransport extends VoiceTransportFactory {
  /** Emits an event on each open connection, as if the provider had sent it. */
  emit(event: TransportEvent): void
  /** Messages sent to the agent, over all connections. */
  readonly sent: readonly ClientMessage[]
  /** Requests of all connections, in order. */
  readonly requests: readonly ConnectRequest[]
  /** Number of open connections. */
  readonly open: number
}

/**
 * Creates a transport for tests and stories. It opens neither a microphone nor a peer connection, and emits only the events
 * that you pass to `emit`.
 *
 * @param connect Called for each connection. Returns how the agent continued, or throws a `VoiceAgentError`.
 * @default () => 'fresh'
 * @example
 * const transport = scriptedTransport()
 * const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport, refreshToken, persistence: false })
 * await voiceAgent.agent.connect()
 * transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
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
  // Object.assign would copy the getter's value.
  return Object.defineProperties(factory, Object.getOwnPropertyDescriptors(controls)) as ScriptedTransport
}
