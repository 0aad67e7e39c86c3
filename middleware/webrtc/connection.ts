import { type AgentContinuation, toVoiceAgentError, VoiceAgentError } from '../../store/index.js'
import { type Clock, pause } from '../context.js'
import { checkEvent } from './check-event.js'
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

const continuations: readonly unknown[] = ['resumed', 'reseeded', 'fresh'] satisfies AgentContinuation[]

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

/** What a connection tells while it lasts. */
export interface ConnectionListener {
  onEvent(event: TransportEvent): void
  /** It carries nothing just now, and is being mended. */
  onInterrupted(error: VoiceAgentError): void
  /** It carries again: the same agent, and nothing that was sent is lost. */
  onRecovered(): void
}

export function createConnection(
  {
    apiEndpoint,
    transport: createTransport,
    media,
    clock,
    getToken,
  }: {
    apiEndpoint: string
    transport: VoiceTransportFactory
    media: CallMedia
    clock: Clock
    /** One that is good now: the token that the connection began with may have ended. */
    getToken: (signal: AbortSignal) => Promise<string>
  },
  on: ConnectionListener,
): Connection {
  const closed = new AbortController()
  let healed = new AbortController()
  let isEstablished = false
  let isMending = false
  let end: (end: ConnectionEnd) => void = () => {}
  const ended = new Promise<ConnectionEnd>((resolve) => {
    end = resolve
  })
  const lost = (error: VoiceAgentError) => end({ by: 'loss', error })

  async function onDisconnected() {
    healed.abort()
    const own = new AbortController()
    healed = own
    await pause(clock, disconnectedGrace, AbortSignal.any([own.signal, closed.signal]))
    if (!own.signal.aborted && !closed.signal.aborted) void mend('The connection to the agent was lost.')
  }

  /** The same peer connection first, where the transport can: only when that fails is the connection over. */
  async function mend(why: string) {
    if (isMending) return
    const error = new VoiceAgentError('connection-lost', why)
    if (!isEstablished || !transport.restartIce) return lost(error)
    isMending = true
    on.onInterrupted(error)
    try {
      await transport.restartIce({ token: await getToken(closed.signal), signal: closed.signal })
      if (!closed.signal.aborted) on.onRecovered()
    } catch {
      lost(error)
    } finally {
      isMending = false
    }
  }

  function onState(state: 'connected' | 'disconnected' | 'failed' | 'closed') {
    healed.abort()
    if (state === 'closed') lost(new VoiceAgentError('connection-lost', 'The agent closed the connection.'))
    else if (state === 'failed') void mend('The connection to the agent failed.')
    else if (state === 'disconnected' && !isMending) void onDisconnected()
  }

  function emit(emitted: TransportEvent) {
    if (closed.signal.aborted) return
    const event = checkEvent(emitted)
    if (event.type === 'agent-left') return end({ by: 'agent' })
    if (event.type === 'connection-state') return onState(event.state)
    if (event.type === 'audio-level') return media.reportLevel(event.source, event.level)
    on.onEvent(event)
    if (event.type === 'agent-error' && event.fatal) lost(toVoiceAgentError(event.error))
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
      // A transport that throws instead of rejecting leaves nobody who waits for it.
      failed.catch(() => undefined)
      const agent = await Promise.race([transport.connect(request), failed])
      if (!continuations.includes(agent)) {
        throw new VoiceAgentError(
          'invalid-option',
          "transport: connect must resolve to 'resumed', 'reseeded' or 'fresh'.",
        )
      }
      isEstablished = true
      return agent
    },
    ended,
    send: (message) => transport.send(message),
    close() {
      if (closed.signal.aborted) return
      closed.abort()
      transport.close()
    },
  }
}
