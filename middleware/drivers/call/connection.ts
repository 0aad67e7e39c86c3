import { type AgentContinuation, VoiceAgentError } from '../../../store/index.js'
import { abortable, pause, withTimeout } from '../../waiting.js'
import { checkEvent } from './check-event.js'
import type { CallMedia } from './page-ports.js'
import type {
  ClientMessage,
  ConnectRequest,
  ReportedEvent,
  TransportEvent,
  TransportMemo,
  VoiceTransport,
  VoiceTransportFactory,
} from './ports.js'

/** Milliseconds that a peer connection may stay `disconnected` before ICE is restarted. Shorter interruptions pass unnoticed. */
const DISCONNECTED_GRACE_MS = 4_000

/** Milliseconds for a transport's `restartIce`. The package's own transports have shorter limits. */
const RESTART_LIMIT_MS = 30_000

const continuations: readonly unknown[] = ['resumed', 'reseeded', 'fresh'] satisfies AgentContinuation[]

/** Why an established connection ended. */
export type ConnectionEnd =
  | { by: 'agent' }
  | { by: 'loss'; error: VoiceAgentError }
  /** Replaced on purpose by another connection. */
  | { by: 'replacement' }

/** @throws VoiceAgentError `invalid-option` for a factory that was not called, or anything else without `connect` */
function requireTransport(transport: VoiceTransport): VoiceTransport {
  if (typeof (transport as Partial<VoiceTransport> | undefined)?.connect === 'function') return transport
  const hint = 'Call its factory: smallWebRtcTransport(), not smallWebRtcTransport.'
  throw new VoiceAgentError('invalid-option', `transport must create a transport. ${hint}`)
}

/** One connection: a transport whose events are bound to it, so that late events are dropped. */
export interface Connection {
  connect(request: ConnectRequest): Promise<AgentContinuation>
  /** Resolves when an established connection ends. */
  readonly ended: Promise<ConnectionEnd>
  /** True if it has a data channel, over which the agent can send messages. */
  hasChannel(): boolean
  /** Returns false if nothing can be sent now. */
  send(message: ClientMessage): boolean
  /** Ids of texts that have certainly not left the page. */
  undelivered(): string[]
  /** True if its agent can move to another connection without a pause. */
  canHandOver(): boolean
  /** Tells the agent that the user has ended the call. */
  endOnPurpose(): void
  /** Ends the connection, because another one replaces it. */
  replace(): void
  close(): void
}

/** Returns the cause of a reported error. It is only for the developer; the store doesn't keep it. */
function causeOf(event: unknown): unknown {
  try {
    return (event as { error: { cause?: unknown } }).error.cause
  } catch {
    return undefined
  }
}

/** Receives the reports of a connection while it lasts. */
export interface ConnectionListener {
  onEvent(event: ReportedEvent): void
  /** The connection is interrupted, and ICE is being restarted. */
  onInterrupted(error: VoiceAgentError): void
  /** The connection has recovered, with the same agent and without losing sent messages. */
  onRecovered(): void
  /** The provider will end the connection in `inMs` milliseconds. */
  onEndAnnounced(inMs: number): void
}

export function createConnection(
  {
    apiEndpoint,
    transport: createTransport,
    media,
    getToken,
    memo,
    iceServers,
    warn,
  }: {
    apiEndpoint: string
    transport: VoiceTransportFactory
    media: Pick<CallMedia, 'openPeer' | 'openMicrophone' | 'play' | 'reportLevel'>
    /** Returns a valid token, because the one that the connection started with may have expired. */
    getToken: (options: {
      renew: boolean
      signal: AbortSignal
    }) => Promise<{ token: string; iceServers?: readonly RTCIceServer[] }>
    memo: TransportMemo
    /** Servers sent with the token that the connection started with. */
    iceServers: readonly RTCIceServer[]
    /** Receives errors that the transport throws while reading a message or closing. */
    warn(error: unknown): void
  },
  on: ConnectionListener,
): Connection {
  const closed = new AbortController()
  let recovered = new AbortController()
  let isEstablished = false
  let isRestartingIce = false
  let tokenIceServers = iceServers
  let hasChannel = false
  let end: (end: ConnectionEnd) => void = () => {}
  /** True once it has ended or was closed. */
  let isOver = false
  const ended = new Promise<ConnectionEnd>((resolve) => {
    end = (reason) => {
      isOver = true
      resolve(reason)
    }
  })
  const lost = (error: VoiceAgentError) => end({ by: 'loss', error })

  async function readToken(signal: AbortSignal, renew = false): Promise<string> {
    const { token, iceServers: servers = [] } = await getToken({ renew, signal })
    tokenIceServers = servers
    return token
  }

  async function onDisconnected() {
    recovered.abort()
    const grace = new AbortController()
    recovered = grace
    await pause(DISCONNECTED_GRACE_MS, AbortSignal.any([grace.signal, closed.signal]))
    if (!grace.signal.aborted && !closed.signal.aborted)
      void restartIce('The connection to the agent was lost.')
  }

  /** Restarts ICE on the same peer connection if the transport supports it. The connection is lost only if that fails. */
  async function restartIce(why: string) {
    if (isRestartingIce || isOver) return
    const error = (cause?: unknown) => new VoiceAgentError('connection-lost', why, { cause })
    if (!isEstablished || !transport.restartIce) return lost(error())
    isRestartingIce = true
    on.onInterrupted(error())
    try {
      const token = await readToken(closed.signal)
      const restarted = transport.restartIce({ token, signal: closed.signal })
      await withTimeout(
        RESTART_LIMIT_MS,
        restarted,
        () => new VoiceAgentError('agent-unreachable', 'transport: restartIce must settle within 30 s.'),
      )
      // It may have ended meanwhile, for example because another transport replaces it.
      if (!isOver) on.onRecovered()
    } catch (cause) {
      lost(error(cause))
    } finally {
      isRestartingIce = false
    }
  }

  function onState(state: 'connected' | 'disconnected' | 'failed' | 'closed') {
    recovered.abort()
    if (state === 'closed') lost(new VoiceAgentError('connection-lost', 'The agent closed the connection.'))
    else if (state === 'failed') void restartIce('The connection to the agent failed.')
    else if (state === 'disconnected' && !isRestartingIce) void onDisconnected()
  }

  function emit(emitted: TransportEvent) {
    if (closed.signal.aborted) return
    const event = checkEvent(emitted)
    if (event.type === 'agentLeft')
      return event.reason === 'moved' ? lost(new VoiceAgentError('call-moved')) : end({ by: 'agent' })
    if (event.type === 'connectionState') return onState(event.state)
    if (event.type === 'endAnnounced') return on.onEndAnnounced(event.inMs)
    if (event.type === 'audioLevel') return media.reportLevel(event.source, event.level)
    if (event.type !== 'agentErrorReported') return on.onEvent(event)
    const { fatal, ...reported } = event
    on.onEvent(reported)
    const { code, message, ...rest } = event.error
    const cause = causeOf(emitted)
    const error = new VoiceAgentError(code, message, { ...rest, cause })
    if (fatal) lost(error)
    else if (cause !== undefined) warn(error)
  }

  /** Runs a task of the transport. Its errors don't affect the call. */
  function attempt<T>(task: () => T, otherwise: T): T {
    try {
      return task()
    } catch (error) {
      warn(error)
      return otherwise
    }
  }

  /** Rejects late requests of a transport whose connection has ended. */
  function requireOpen() {
    closed.signal.throwIfAborted()
    if (isOver) throw new VoiceAgentError('not-connected', 'The connection is over.')
  }

  /** Counts a message that the transport can't read as malformed. The connection continues, because the next message may be valid. */
  function readMessage(read: () => void) {
    try {
      read()
    } catch (error) {
      emit({ type: 'protocolError', why: 'malformed' })
      warn(error)
    }
  }

  const transport = requireTransport(
    createTransport({
      apiEndpoint,
      emit,
      warn,
      // A closed connection must not overwrite the memo of the next one.
      memo: { get: memo.get, set: (text) => void (closed.signal.aborted || memo.set(text)) },
      async getToken(signal, options) {
        requireOpen()
        return readToken(AbortSignal.any([signal, closed.signal]), options?.renew)
      },
      async openMicrophone(request) {
        requireOpen()
        return media.openMicrophone({ ...request, signal: AbortSignal.any([request.signal, closed.signal]) })
      },
      play(track) {
        if (!isOver) media.play(track)
      },
      async openPeer(request) {
        requireOpen()
        const currentIceServers = () => [...tokenIceServers, ...(request.iceServers ?? [])]
        hasChannel = request.dataChannel !== null
        const peer = await media.openPeer({
          ...request,
          onMessage: (text) => readMessage(() => request.onMessage(text)),
          iceServers: currentIceServers(),
          currentIceServers,
          signal: AbortSignal.any([request.signal, closed.signal]),
          onState: (state) => emit({ type: 'connectionState', state }),
        })
        if (!closed.signal.aborted) return peer
        peer.close()
        throw closed.signal.reason
      },
    }),
  )

  return {
    async connect(request) {
      // The connection may have been closed while waiting for the token or the history. Its transport must not open anything then.
      closed.signal.throwIfAborted()
      const failed = ended.then((reason) => {
        throw reason.by === 'loss'
          ? reason.error
          : new VoiceAgentError('agent-unreachable', 'The agent hung up.')
      })
      // Avoids an unhandled rejection if the transport throws instead of rejecting, because `failed` is then never awaited.
      failed.catch(() => undefined)
      // A transport may ignore its signal.
      const agent = await abortable(Promise.race([transport.connect(request), failed]), request.signal)
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
    hasChannel: () => hasChannel,
    send: (message) => transport.send(message) !== false,
    undelivered: () => attempt(() => [...(transport.undelivered?.() ?? [])], []),
    canHandOver: () => attempt(() => transport.canHandOver?.() === true, false),
    endOnPurpose() {
      if (!closed.signal.aborted) attempt(() => transport.endOnPurpose?.(), undefined)
    },
    replace: () => end({ by: 'replacement' }),
    close() {
      if (closed.signal.aborted) return
      isOver = true
      closed.abort(new VoiceAgentError('not-connected', 'The connection was closed.'))
      attempt(() => transport.close(), undefined)
    },
  }
}
