import type {
  ConnectRequest,
  Peer,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { type CallUrl, readUrl } from '../call-url.js'
import { identityOf, restartIce } from '../ice-restart.js'
import { trickle } from '../trickle.js'
import { createChannelReader, type WhipChannel } from './channel.js'
import { applyFragment, formatFragment } from './sdp-fragment.js'
import { startWhipSession } from './whip-session.js'

/** Milliseconds until the peers must be connected. */
const openTimeout = 15_000

export interface WhipOptions {
  /** URL that receives the offer, or a function that is called for each connection. @default `${apiEndpoint}/whip` */
  endpoint?: CallUrl
  /** Transcript, text and tools over a data channel. @default none: the call is audio only */
  channel?: WhipChannel
  /**
   * Also uses the STUN and TURN servers that the endpoint names (`Link: rel="ice-server"`), beside the option `iceServers`.
   * These servers learn the IP addresses of your users. They arrive with the answer, so the endpoint must support ICE
   * restarts.
   *
   * @default false
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

  /** Exchanges new ICE credentials with the endpoint and returns the resulting answer. */
  async function exchangeIce(started: Session, offer: string, token: string, signal: AbortSignal) {
    const fragment = await started.restartIce(formatFragment(offer), token, signal)
    const sdp = applyFragment(started.answer, fragment)
    started.setAnswer(sdp)
    return sdp
  }

  /** Restarts ICE with the endpoint's servers, because they arrived after the first candidates were gathered. */
  async function gatherAgain(opened: Peer, started: Session, token: string, signal: AbortSignal) {
    opened.addIceServers(started.iceServers)
    const { sdp = '' } = await opened.createOffer({ iceRestart: true })
    await opened.acceptAnswer({ type: 'answer', sdp: await exchangeIce(started, sdp, token, signal) })
    sendCandidates(opened, started, sdp, signal)
  }

  /** Ends the session, unless the page may return from the back/forward cache. */
  function onPageHide({ persisted }: PageTransitionEvent) {
    if (!persisted) session?.end()
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const { token, sessionId, resume, context, tools } = request
    const signal = AbortSignal.any([request.signal, closed.signal])
    const url = await readUrl(endpoint, { apiEndpoint, sessionId, token, signal })
    const opened = await openPeer({ dataChannel: channel?.label ?? null, signal, onMessage })
    peer = opened
    const { sdp: offer = '' } = await opened.createOffer()
    const started = await startWhipSession(url, { offer, token, signal })
    // close() ran before the session existed, so end it here.
    if (closed.signal.aborted) started.end()
    signal.throwIfAborted()
    session = started
    // Browsers don't end the session when a page closes, so the gateway would keep it until it notices the silence.
    addEventListener('pagehide', onPageHide)
    await opened.acceptAnswer({ type: 'answer', sdp: started.answer })
    if (useServersIceServers && started.canRestartIce && started.iceServers.length > 0) {
      await gatherAgain(opened, started, token, signal)
    } else sendCandidates(opened, started, offer, signal)
    await opened.opened(openTimeout)
    const beginRequest = { sessionId, resume, context, tools, signal }
    const agent = (await channel?.begin?.(beginRequest, (text) => opened.send(text))) ?? 'fresh'
    signal.throwIfAborted()
    opened.openMicrophoneGate()
    return agent
  }

  return {
    connect,
    async restartIce({ token, signal: attemptSignal }) {
      const [currentPeer, started] = [peer, session]
      if (!currentPeer || !started) throw new VoiceAgentError('not-connected')
      const signal = AbortSignal.any([attemptSignal, closed.signal])
      const identify = (sdp: string) => identityOf({ sdp, pc_id: started.url })
      let offered = ''
      await restartIce({
        peer: currentPeer,
        agent: identify(started.answer),
        signal,
        async offer(sdp, limit) {
          offered = sdp
          return { sdp: await exchangeIce(started, sdp, token, limit), pc_id: started.url }
        },
        receivedCount: () => currentPeer.packetsReceived(),
        onAccepted: () => sendCandidates(currentPeer, started, offered, signal),
      })
    },
    send(message) {
      const text = channel?.format?.(message)
      if (typeof text === 'string') return peer?.send(text, message.type === 'text' ? message.id : undefined)
    },
    undelivered: () => peer?.undelivered?.() ?? [],
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
 * Creates a WHIP transport (RFC 9725) to a voice gateway, with audio in both directions. It sends one offer, candidates and
 * ICE restarts as SDP fragments, and `DELETE` at the end.
 *
 * WHIP has neither transcripts nor sessions: `channel` adds them. Without it, the agent is `fresh` on each connection.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: whipTransport({ endpoint: '/gateway/whip' }) })
 */
export function whipTransport(options: WhipOptions = {}): VoiceTransportFactory {
  return (host) => createWhip(host, options)
}
