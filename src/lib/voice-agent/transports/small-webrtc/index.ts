import { nanoid } from '@reduxjs/toolkit'
import type {
  ClientMessage,
  ConnectRequest,
  Peer,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/webrtc/ports.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { type AgentIdentity, identityOf } from '../agent-identity.js'
import { restartIce } from '../ice-restart.js'
import { createInbox } from '../inbox.js'
import { trickle } from '../trickle.js'
import { createHeartbeat } from './heartbeat.js'
import { createSignalling, type Signalling } from './offer.js'
import { formatRtvi, parseInbound, rtviVersion } from './rtvi-message.js'
import { createRtviReader } from './rtvi-reader.js'

/** How long the peers may take to connect, in milliseconds: the server's own limit for the channel is 10 s. */
const openTimeout = 15_000
/** How long the bot may take to say that it is ready, in milliseconds. */
const readyTimeout = 15_000
/** A bot that has not said by then which session it goes on with took no context, in milliseconds (session contract). */
const sessionTimeout = 2_000
/** The server takes 3 s of silence for the end; the client notices one in 4 s. */
const keepaliveInterval = 500

export interface SmallWebRtcOptions {
  /** Where offers go. @default `${apiEndpoint}/offer` */
  offerUrl?: string
  /**
   * Under which name the offer carries the session contract's data. `requestData` is what Pipecat's own client sends; the development
   * runner's `POST /api/offer` reads `request_data` only. Not both: `SmallWebRTCRequest.from_dict` fails on that. @default 'requestData'
   */
  requestDataKey?: 'requestData' | 'request_data'
}

/** What there is once an offer has been answered. */
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

  const heardFrom = async (peer: Peer) => textsReceived + (await peer.packetsReceived())

  /** Tells the server that this page is there, and finds out whether the server is. */
  async function keepAlive(peer: Peer) {
    peer.send(`ping: ${Date.now()}`)
    const heard = await heardFrom(peer)
    if (closed.signal.aborted) return
    if (heartbeat.tick(heard, Date.now()) === 'gone') emit({ type: 'connection-state', state: 'failed' })
  }

  function onMessage(text: string) {
    textsReceived++
    const inbound = parseInbound(text)
    if (inbound.kind === 'signalling' && inbound.type === 'peerLeft') return emit({ type: 'agent-left' })
    if (inbound.kind === 'malformed') return emit({ type: 'protocol-error', why: 'malformed' })
    if (inbound.kind !== 'rtvi') return
    const { type, data } = inbound.message
    if (type === 'bot-ready') inbox.deliver('bot-ready', data)
    else if (type === 'server-message' && data.type === 'session') inbox.deliver('session', data)
    else read(inbound.message)
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
    const ready = inbox.take('bot-ready', readyTimeout, signal)
    const session = ready.then(() => inbox.take('session', sessionTimeout, signal))
    // Whoever waits for `ready` is told of an abort; the one behind it has nobody left to tell.
    session.catch(() => undefined)
    opened.send(formatRtvi('client-ready', { version: rtviVersion, about: { library: 'redux-voice-agent' } }))
    keepalive = setInterval(() => void keepAlive(opened), keepaliveInterval)
    if (!(await ready))
      throw new VoiceAgentError('agent-unreachable', 'The agent connected, but is not ready to talk.')
    const contract = await session
    opened.openMicrophoneGate()
    if (!contract) return 'fresh'
    if (contract.resumed === true) return 'resumed'
    return request.context.length > 0 ? 'reseeded' : 'fresh'
  }

  return {
    connect,
    async restartIce({ token, signal: asked }) {
      const broken = link
      if (!broken) throw new VoiceAgentError('not-connected')
      const signal = AbortSignal.any([asked, closed.signal])
      const { sessionId, agent, peer } = broken
      // The agent has not forgotten anything: it needs neither context nor tools.
      const request = { sessionId, resume: true, context: [] }
      await restartIce({
        peer,
        agent,
        signal,
        offer: (sdp, limit) => signalling.offer({ sdp, pcId: agent.pcId, request }, token, limit),
        heard: () => heardFrom(peer),
        nudge: () => peer.send(`ping: ${Date.now()}`),
        onAccepted(agent) {
          broken.agent = agent
          sendCandidates(peer, agent.pcId, token, signal)
        },
      })
    },
    send(message: ClientMessage) {
      if (message.type === 'text') {
        const options = { run_immediately: true, audio_response: true }
        peer?.send(formatRtvi('send-text', { content: message.text, options }))
      } else if (message.type === 'interrupt') {
        peer?.send(formatRtvi('client-message', { t: 'interrupt' }))
      } else if (message.type === 'tool-answer') {
        const { callId, name, answer } = message
        const result = 'error' in answer ? answer : answer.result
        const data = { function_name: name, tool_call_id: callId, arguments: message.arguments, result }
        peer?.send(formatRtvi('llm-function-call-result', data))
      } else {
        peer?.send(formatRtvi('client-message', { t: message.name, d: message.data }))
      }
    },
    close() {
      closed.abort()
      clearInterval(keepalive)
      peer?.close()
    },
  }
}

/**
 * Pipecat's SmallWebRTC transport and RTVI messages, with the session contract that lets an agent resume. The default.
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
