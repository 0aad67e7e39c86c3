import { nanoid } from '@reduxjs/toolkit'
import type {
  ClientMessage,
  ConnectRequest,
  Peer,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { type AgentIdentity, identityOf, restartIce } from '../ice-restart.js'
import { createInbox } from '../inbox.js'
import { trickle } from '../trickle.js'
import { toAppMessage } from './app-message.js'
import { createHeartbeat } from './heartbeat.js'
import { createSignalling, type Signalling } from './offer.js'
import { formatRtvi, parseInbound, rtviVersion } from './rtvi-message.js'
import { createRtviReader } from './rtvi-reader.js'

/** Milliseconds until the peers must be connected. The server's own limit for the channel is 10 s. */
const openTimeout = 15_000
/** Milliseconds until the bot must send `bot-ready`. */
const readyTimeout = 15_000
/** Milliseconds until the bot must send `session`. Without it, the bot took no context (session contract). */
const sessionTimeout = 2_000
/**
 * Milliseconds between two pings. The server ends the call after 3 s of silence; this client notices a dead server within 4 s, because
 * the other side's data channel acknowledges each ping even if the bot does not answer it.
 */
const keepaliveInterval = 500

export interface SmallWebRtcOptions {
  /** URL that receives the offer. @default `${apiEndpoint}/offer` */
  offerUrl?: string
  /**
   * Name of the offer's field for the session contract. Pipecat's own client sends `requestData`; the development runner's
   * `POST /api/offer` reads only `request_data`. An offer with both makes `SmallWebRTCRequest.from_dict` fail.
   *
   * @default 'requestData'
   */
  requestDataKey?: 'requestData' | 'request_data'
}

/** An established connection. */
interface Link {
  peer: Peer
  agent: AgentIdentity
  sessionId: string
}

function createSmallWebRtc({ emit, openPeer }: TransportHost, signalling: Signalling): VoiceTransport {
  const inbox = createInbox()
  const read = createRtviReader(emit, nanoid)
  const closed = new AbortController()
  let peer: Peer | null = null
  let link: Link | null = null
  const heartbeat = createHeartbeat()
  let keepalive: ReturnType<typeof setInterval> | undefined
  let textsReceived = 0

  const countReceived = async (peer: Peer) => textsReceived + (await peer.packetsReceived())

  /** Pings the server and checks that it is still there. */
  async function keepAlive(peer: Peer) {
    peer.send(`ping: ${Date.now()}`)
    const receivedCount = textsReceived + (await peer.signsOfLife())
    if (closed.signal.aborted) return
    if (heartbeat.tick(receivedCount, Date.now()) === 'gone')
      emit({ type: 'connectionState', state: 'failed' })
  }

  function onMessage(text: string) {
    textsReceived++
    const inbound = parseInbound(text)
    if (inbound === 'ignored') return
    if (inbound === 'peer-left') return emit({ type: 'agentLeft' })
    if (inbound === 'malformed') return emit({ type: 'protocolError', why: 'malformed' })
    const { type, data } = inbound
    if (type === 'bot-ready') inbox.deliver('bot-ready', data)
    else if (type === 'server-message' && data.type === 'session') onSession(data)
    else {
      const message = toAppMessage(inbound)
      if (message) emit(message)
      else read(inbound)
    }
  }

  /** The session contract: how the agent continues, and which texts it has received. */
  function onSession(data: Record<string, unknown>) {
    const { lastTextId } = data
    if (lastTextId === null || typeof lastTextId === 'string') emit({ type: 'textsAcknowledged', lastTextId })
    inbox.deliver('session', data)
  }

  const sendCandidates = (peer: Peer, pcId: string, token: string, signal: AbortSignal) =>
    trickle(peer, (candidates) => signalling.addCandidates(pcId, candidates, token, signal), signal)

  async function open(request: ConnectRequest, signal: AbortSignal): Promise<Peer> {
    const { token, sessionId, resume, context, tools } = request
    const opened = await openPeer({ dataChannel: 'chat', signal, onMessage })
    peer = opened
    const { sdp = '' } = await opened.createOffer()
    const offer = { sdp, pcId: null, request: { sessionId, resume, context, tools } }
    const answer = await signalling.offer(offer, token, signal)
    await opened.acceptAnswer({ type: 'answer', sdp: answer.sdp })
    link = { peer: opened, agent: identityOf(answer), sessionId }
    sendCandidates(opened, answer.pc_id, token, signal)
    await opened.opened(openTimeout)
    return opened
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const signal = AbortSignal.any([request.signal, closed.signal])
    const opened = await open(request, signal)
    const ready = inbox.waitFor('bot-ready', readyTimeout, signal)
    const session = ready.then(() => inbox.waitFor('session', sessionTimeout, signal))
    // An abort rejects `ready` first, so the rejection of `session` must not count as unhandled.
    session.catch(() => undefined)
    opened.send(formatRtvi('client-ready', { version: rtviVersion, about: { library: 'redux-voice-agent' } }))
    keepalive = setInterval(() => void keepAlive(opened), keepaliveInterval)
    if (!(await ready))
      throw new VoiceAgentError(
        'agent-unreachable',
        `The bot must send bot-ready within ${readyTimeout} ms; it did not.`,
      )
    const contract = await session
    opened.openMicrophoneGate()
    if (!contract) return 'fresh'
    if (contract.resumed === true) return 'resumed'
    return request.context.length > 0 ? 'reseeded' : 'fresh'
  }

  return {
    connect,
    async restartIce({ token, signal: attemptSignal }) {
      const broken = link
      if (!broken) throw new VoiceAgentError('not-connected')
      const signal = AbortSignal.any([attemptSignal, closed.signal])
      const { sessionId, agent, peer } = broken
      // The agent still has its context and tools.
      const request = { sessionId, resume: true, context: [] }
      await restartIce({
        peer,
        agent,
        signal,
        offer: (sdp, limit) => signalling.offer({ sdp, pcId: agent.pcId, request }, token, limit),
        receivedCount: () => countReceived(peer),
        requestSignOfLife: () => peer.send(`ping: ${Date.now()}`),
        onAccepted(agent) {
          broken.agent = agent
          sendCandidates(peer, agent.pcId, token, signal)
        },
      })
    },
    send(message: ClientMessage) {
      if (message.type === 'text') {
        const options = { run_immediately: true, audio_response: true }
        // Its id is that of the message, so that the agent can acknowledge it, and recognise a second copy.
        return peer?.send(formatRtvi('send-text', { content: message.text, options }, message.id), message.id)
      }
      if (message.type === 'interrupt') return peer?.send(formatRtvi('client-message', { t: 'interrupt' }))
      if (message.type === 'client-message')
        return peer?.send(formatRtvi('client-message', { t: message.name, d: message.data }))
      // RTVI has no approvals.
      if (message.type === 'tool-approval') return
      const { toolCallId, name, answer } = message
      const result = 'error' in answer ? answer : answer.result
      const data = {
        function_name: name,
        tool_call_id: toolCallId,
        arguments: message.arguments,
        result,
        ...(message.isLate && { late: true }),
      }
      return peer?.send(formatRtvi('llm-function-call-result', data))
    },
    undelivered: () => peer?.undelivered?.() ?? [],
    close() {
      closed.abort()
      clearInterval(keepalive)
      peer?.close()
    },
  }
}

/**
 * Creates the default transport: Pipecat's SmallWebRTC with RTVI messages, and the session contract for resuming an agent.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: smallWebRtcTransport({ offerUrl: '/bot/offer' }) })
 */
export function smallWebRtcTransport({
  offerUrl,
  requestDataKey = 'requestData',
}: SmallWebRtcOptions = {}): VoiceTransportFactory {
  return (host) =>
    createSmallWebRtc(host, createSignalling(offerUrl ?? `${host.apiEndpoint}/offer`, requestDataKey))
}
