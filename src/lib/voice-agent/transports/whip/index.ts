import type {
  ConnectRequest,
  Peer,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { identityOf, restartIce } from '../ice-restart.js'
import { type CallUrl, describeRequest, readUrl, transportCall } from '../signalling-request.js'
import { trickle } from '../trickle.js'
import { createChannelReader, type WhipChannel } from './channel.js'
import {
  applyFragment,
  audioDirectionOf,
  type Direction,
  fitAnswer,
  formatFragment,
  isReceiving,
  isSending,
} from './sdp.js'
import { startWhipSession } from './whip-session.js'

/** Milliseconds until the peers must be connected. */
const OPEN_LIMIT_MS = 15_000

/** Options of {@link whipTransport}. */
export interface WhipOptions {
  /** URL that receives the offer, or a function that is called for each connection. @default `${apiEndpoint}/whip` */
  endpoint?: CallUrl
  /**
   * URL of a WHEP endpoint that sends the agent's voice, for a gateway that only receives audio over WHIP, as most media servers do. A second
   * connection is established to it, with the same token. Without it, an answer that sends no audio is refused.
   *
   * @default none: the WHIP endpoint sends the agent's voice
   */
  whepEndpoint?: CallUrl
  /** Transcript, text and tools over a data channel. @default none: the call is audio only */
  channel?: WhipChannel
  /**
   * Also uses the STUN and TURN servers that the endpoint lists (`Link: rel="ice-server"`), in addition to the option `iceServers`.
   * These servers learn the IP addresses of your users. They arrive with the answer, so the endpoint must support ICE
   * restarts.
   *
   * @default false
   */
  useServersIceServers?: boolean
}

/** @throws VoiceAgentError `signalling-rejected`, final, with the answer's direction */
function requireAudio(sdp: string, isRight: (direction: Direction) => boolean, rule: string) {
  const direction = audioDirectionOf(sdp)
  if (!isRight(direction))
    throw new VoiceAgentError('signalling-rejected', `${rule}; its audio is \`${direction}\`.`)
}

type Session = Awaited<ReturnType<typeof startWhipSession>>

function createWhip({ apiEndpoint, emit, openPeer }: TransportHost, options: WhipOptions): VoiceTransport {
  const { endpoint = `${apiEndpoint}/whip`, whepEndpoint, channel, useServersIceServers = false } = options
  const closed = new AbortController()
  let peer: Peer | null = null
  let session: Session | null = null
  /** The connection that plays the agent's voice, if it is a separate one. */
  let player: Peer | null = null
  let playing: Session | null = null
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
    if (persisted) return
    session?.end()
    playing?.end()
  }

  /** Starts a session, and ends it immediately if the attempt was aborted meanwhile. */
  async function begin(url: string, offer: string, token: string, signal: AbortSignal): Promise<Session> {
    const started = await startWhipSession(url, { offer, token, signal })
    if (signal.aborted) started.end()
    signal.throwIfAborted()
    return started
  }

  /** Plays the agent's voice from the WHEP endpoint. Source: draft-ietf-wish-whep. */
  async function play(source: CallUrl, request: ConnectRequest, signal: AbortSignal) {
    const { token } = request
    const url = await readUrl(source, transportCall(apiEndpoint, request, signal))
    const opened = await openPeer({ dataChannel: null, direction: 'recvonly', signal, onMessage() {} })
    player = opened
    const { sdp: offer = '' } = await opened.createOffer()
    const started = await begin(url, offer, token, signal)
    playing = started
    requireAudio(
      started.answer,
      isSending,
      `${describeRequest('POST', url)} must answer with audio that it sends`,
    )
    await opened.acceptAnswer({ type: 'answer', sdp: fitAnswer(started.answer, 'recvonly') })
    sendCandidates(opened, started, offer, signal)
    await opened.opened(OPEN_LIMIT_MS)
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const { token, sessionId, resume, context, tools } = request
    const signal = AbortSignal.any([request.signal, closed.signal])
    const url = await readUrl(endpoint, transportCall(apiEndpoint, request, signal))
    const direction = whepEndpoint ? 'sendonly' : 'sendrecv'
    const opened = await openPeer({ dataChannel: channel?.label ?? null, direction, signal, onMessage })
    peer = opened
    const { sdp: offer = '' } = await opened.createOffer()
    signal.throwIfAborted()
    // Browsers don't end the session when a page closes, so the gateway would keep it until it detects the silence.
    addEventListener('pagehide', onPageHide)
    const started = await begin(url, offer, token, signal)
    session = started
    const what = describeRequest('POST', url)
    requireAudio(started.answer, isReceiving, `${what} must answer with audio that it receives`)
    if (!whepEndpoint)
      requireAudio(
        started.answer,
        isSending,
        `${what} must answer with audio in both directions, or the agent stays silent. Set \`whepEndpoint\` if its voice comes from there`,
      )
    await opened.acceptAnswer({ type: 'answer', sdp: fitAnswer(started.answer, direction) })
    if (useServersIceServers && started.canRestartIce && started.iceServers.length > 0) {
      await gatherAgain(opened, started, token, signal)
    } else sendCandidates(opened, started, offer, signal)
    await opened.opened(OPEN_LIMIT_MS)
    if (whepEndpoint) await play(whepEndpoint, request, signal)
    const beginRequest = { sessionId, resume, context, tools, signal }
    const agent = (await channel?.begin?.(beginRequest, (text) => opened.send(text))) ?? 'fresh'
    signal.throwIfAborted()
    opened.openMicrophoneGate()
    return agent
  }

  const iceRestart: Pick<VoiceTransport, 'restartIce'> = {
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
  }

  return {
    connect,
    // With two connections, it is unknown which one is silent, so a new call replaces both.
    ...(whepEndpoint ? {} : iceRestart),
    send(message) {
      const text = channel?.format?.(message)
      if (typeof text === 'string') return peer?.send(text, message.type === 'text' ? message.id : undefined)
    },
    undelivered: () => peer?.undelivered?.() ?? [],
    close() {
      closed.abort()
      removeEventListener('pagehide', onPageHide)
      session?.end()
      playing?.end()
      session = playing = null
      peer?.close()
      player?.close()
    },
  }
}

/**
 * Creates a WHIP transport (RFC 9725) to a voice gateway, with audio in both directions, or with the agent's voice from a WHEP endpoint. It sends one offer, then candidates
 * and ICE restarts as SDP fragments, and finally `DELETE`.
 *
 * WHIP has neither transcripts nor sessions: `channel` adds them. Without it, the agent is `fresh` on each connection.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: whipTransport({ endpoint: '/gateway/whip' }) })
 */
export function whipTransport(options: WhipOptions = {}): VoiceTransportFactory {
  return (host) => createWhip(host, options)
}
