import type {
  ConnectRequest,
  Peer,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/webrtc/ports.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { identityOf } from '../agent-identity.js'
import { restartIce } from '../ice-restart.js'
import { trickle } from '../trickle.js'
import { createChannelReader, type WhipChannel } from './channel.js'
import { applyFragment, formatFragment } from './sdp-fragment.js'
import { startWhipSession } from './whip-session.js'

/** How long the peers may take to connect, in milliseconds. */
const openTimeout = 15_000

export interface WhipOptions {
  /** Where offers go. @default `${apiEndpoint}/whip` */
  endpoint?: string
  /** Transcript, text and tools over a data channel. @default none: the call is sound alone */
  channel?: WhipChannel
  /**
   * Whether STUN and TURN servers that the endpoint names (`Link: rel="ice-server"`) are used beside the option `iceServers`: they
   * learn the addresses of your users. They come with the answer, so they need an endpoint that can restart ICE. @default false
   */
  useServersIceServers?: boolean
}

type Session = Awaited<ReturnType<typeof startWhipSession>>

function createWhip({ apiEndpoint, emit, openPeer }: TransportHost, options: WhipOptions): VoiceTransport {
  const { endpoint = `${apiEndpoint}/whip`, channel, useServersIceServers = false } = options
  const closed = new AbortController()
  let peer: Peer | null = null
  let session: Session | null = null
  const onMessage = channel
    ? createChannelReader(channel.parse, (event) => {
        if (!closed.signal.aborted) emit(event)
      })
    : () => {}

  function sendCandidates(opened: Peer, { trickle: send }: Session, offer: string, signal: AbortSignal) {
    trickle(opened, (candidates) => send(formatFragment(offer, candidates), signal), signal)
  }

  /** Exchanges new ICE credentials over the session; gives the answer that follows. */
  async function exchangeIce(started: Session, offer: string, token: string, signal: AbortSignal) {
    const fragment = await started.restartIce(formatFragment(offer), token, signal)
    const sdp = applyFragment(started.answer, fragment)
    started.setAnswer(sdp)
    return sdp
  }

  /** The servers' addresses came with the answer, too late for the first candidates: those of an ICE restart are gathered with them. */
  async function gatherAgain(opened: Peer, started: Session, token: string, signal: AbortSignal) {
    opened.addIceServers(started.iceServers)
    const { sdp = '' } = await opened.createOffer({ iceRestart: true })
    await opened.acceptAnswer({ type: 'answer', sdp: await exchangeIce(started, sdp, token, signal) })
    sendCandidates(opened, started, sdp, signal)
  }

  /** Not of a page that may come back as it was. */
  function onPageHide({ persisted }: PageTransitionEvent) {
    if (!persisted) session?.end()
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const { token, sessionId, resume, context, tools } = request
    const signal = AbortSignal.any([request.signal, closed.signal])
    const opened = await openPeer({ dataChannel: channel?.label ?? null, signal, onMessage })
    peer = opened
    const { sdp: offer = '' } = await opened.createOffer()
    const started = await startWhipSession(endpoint, { offer, token, signal })
    // Nobody ends it any more who was gone by then.
    if (closed.signal.aborted) started.end()
    signal.throwIfAborted()
    session = started
    // A page that goes closes nothing by itself: until the gateway notices the silence, the session would hold its place.
    addEventListener('pagehide', onPageHide)
    await opened.acceptAnswer({ type: 'answer', sdp: started.answer })
    if (useServersIceServers && started.canRestartIce && started.iceServers.length > 0) {
      await gatherAgain(opened, started, token, signal)
    } else sendCandidates(opened, started, offer, signal)
    await opened.opened(openTimeout)
    const own = { sessionId, resume, context, tools, signal }
    const agent = (await channel?.begin?.(own, (text) => opened.send(text))) ?? 'fresh'
    signal.throwIfAborted()
    opened.openMicrophoneGate()
    return agent
  }

  return {
    connect,
    async restartIce({ token, signal: asked }) {
      const [mended, started] = [peer, session]
      if (!mended || !started) throw new VoiceAgentError('not-connected')
      const signal = AbortSignal.any([asked, closed.signal])
      const identify = (sdp: string) => identityOf({ sdp, pc_id: started.url })
      let offered = ''
      await restartIce({
        peer: mended,
        agent: identify(started.answer),
        signal,
        async offer(sdp, limit) {
          offered = sdp
          return { sdp: await exchangeIce(started, sdp, token, limit), pc_id: started.url }
        },
        heard: () => mended.packetsReceived(),
        onAccepted: () => sendCandidates(mended, started, offered, signal),
      })
    },
    send(message) {
      const text = channel?.format?.(message)
      if (typeof text === 'string') peer?.send(text)
    },
    close() {
      closed.abort()
      removeEventListener('pagehide', onPageHide)
      session?.end()
      session = null
      peer?.close()
    },
  }
}

/**
 * WHIP (RFC 9725) to a voice gateway, with sound in both directions: one offer, candidates and ICE restarts as SDP fragments, `DELETE` at
 * the end. WHIP has neither transcript nor sessions: `channel` brings them, and without it the agent is `fresh` each time.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: whipTransport({ endpoint: '/gateway/whip' }) })
 */
export function whipTransport(options: WhipOptions = {}): VoiceTransportFactory {
  return (host) => createWhip(host, options)
}
