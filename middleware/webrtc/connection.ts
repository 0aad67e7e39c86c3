import { type AgentContinuation, VoiceAgentError } from '../../store/index.js'
import { type Clock, pause } from '../context.js'
import type {
  CallMedia,
  ClientMessage,
  ConnectRequest,
  TransportEvent,
  VoiceTransport,
  VoiceTransportFactory,
} from './ports.js'

/** How long a peer connection may stay `disconnected` before it counts as lost, in milliseconds: blips of 4 s survive. */
export const disconnectedGrace = 4_000

/** Why an established connection is over. */
export type ConnectionEnd = { by: 'agent' } | { by: 'loss'; error: VoiceAgentError }

/** One connection: a transport whose every event is bound to it, so that a late one reaches nobody. */
export interface Connection {
  connect(request: ConnectRequest): Promise<AgentContinuation>
  /** Resolves when an established connection is over. */
  readonly ended: Promise<ConnectionEnd>
  send(message: ClientMessage): void
  close(): void
}

export function createConnection(
  {
    apiEndpoint,
    transport: createTransport,
    media,
    clock,
  }: {
    apiEndpoint: string
    transport: VoiceTransportFactory
    media: CallMedia
    clock: Clock
  },
  onEvent: (event: TransportEvent) => void,
): Connection {
  const closed = new AbortController()
  let healed = new AbortController()
  let end: (end: ConnectionEnd) => void = () => {}
  const ended = new Promise<ConnectionEnd>((resolve) => {
    end = resolve
  })
  const lost = (detail: string) => end({ by: 'loss', error: new VoiceAgentError('connection-lost', detail) })

  async function onDisconnected() {
    healed.abort()
    const own = new AbortController()
    healed = own
    await pause(clock, disconnectedGrace, AbortSignal.any([own.signal, closed.signal]))
    if (!own.signal.aborted && !closed.signal.aborted) lost('The connection to the agent was lost.')
  }

  function emit(event: TransportEvent) {
    if (closed.signal.aborted) return
    if (event.type === 'agent-left') return end({ by: 'agent' })
    if (event.type === 'connection-state') {
      if (event.state === 'connected') healed.abort()
      else if (event.state === 'disconnected') void onDisconnected()
      else
        lost(
          event.state === 'closed'
            ? 'The agent closed the connection.'
            : 'The connection to the agent failed.',
        )
      return
    }
    if (event.type === 'audio-level') return media.reportLevel(event.source, event.level)
    onEvent(event)
    if (event.type === 'agent-error' && event.fatal) {
      const { code, message, recoverable } = event.error
      end({ by: 'loss', error: new VoiceAgentError(code, message, { recoverable }) })
    }
  }

  const transport: VoiceTransport = createTransport({
    apiEndpoint,
    emit,
    openPeer: (request) =>
      media.openPeer({ ...request, onState: (state) => emit({ type: 'connection-state', state }) }),
  })

  return {
    async connect(request) {
      const failed = ended.then((reason) => {
        throw reason.by === 'loss'
          ? reason.error
          : new VoiceAgentError('agent-unreachable', 'The agent hung up.')
      })
      return Promise.race([transport.connect(request), failed])
    },
    ended,
    send: (message) => transport.send(message),
    close() {
      closed.abort()
      transport.close()
    },
  }
}
