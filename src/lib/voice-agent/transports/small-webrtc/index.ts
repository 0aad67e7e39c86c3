import { nanoid } from '@reduxjs/toolkit'
import type {
  ClientMessage,
  ConnectRequest,
  Peer,
  TransportHost,
  VoiceTransportFactory,
} from '../../../../../middleware/webrtc/ports.js'
import { type AgentContinuation, toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { signallingRequest } from '../signalling-request.js'
import { createHeartbeat } from './heartbeat.js'
import { formatRtvi, parseInbound, rtviVersion } from './rtvi-message.js'
import { createRtviReader } from './rtvi-reader.js'
import { trickle } from './trickle.js'

/** How long the peers may take to connect, in milliseconds: the server's own limit for the channel is 10 s. */
const openTimeout = 15_000
/** How long the bot may take to say that it is ready, in milliseconds. */
const readyTimeout = 15_000
/** A bot that has not said by then which session it goes on with took no context, in milliseconds (session contract). */
const sessionTimeout = 2_000
/** The server takes 3 s of silence for the end. */
const keepaliveInterval = 1_000

export interface SmallWebRtcOptions {
  /** Where offers go. @default `${apiEndpoint}/offer` */
  offerUrl?: string
}

interface Answer {
  sdp: string
  pc_id: string
}

async function readAnswer(response: Response): Promise<Answer> {
  const body: unknown = await response.json().catch(() => null)
  const { sdp, pc_id } = (body ?? {}) as Record<string, unknown>
  if (typeof sdp !== 'string' || typeof pc_id !== 'string') {
    throw new VoiceAgentError('signalling-rejected', "The offer was not answered with an agent's answer.")
  }
  return { sdp, pc_id }
}

/** Waits for one of a few messages, for a limited time. */
function createInbox() {
  const waiters = new Map<string, (data: Record<string, unknown>) => void>()
  return {
    deliver: (name: string, data: Record<string, unknown>) => waiters.get(name)?.(data),
    /** Undefined when it does not come in time. */
    take: (name: string, timeoutMs: number, signal: AbortSignal) =>
      new Promise<Record<string, unknown> | undefined>((resolve, reject) => {
        const timer = setTimeout(() => finish(() => resolve(undefined)), timeoutMs)
        const abort = () => finish(() => reject(signal.reason))
        function finish(settle: () => void) {
          clearTimeout(timer)
          waiters.delete(name)
          signal.removeEventListener('abort', abort)
          settle()
        }
        signal.addEventListener('abort', abort)
        waiters.set(name, (data) => finish(() => resolve(data)))
      }),
  }
}

function createSmallWebRtc({ apiEndpoint, emit, openPeer }: TransportHost, offerUrl?: string) {
  const url = offerUrl ?? `${apiEndpoint}/offer`
  const inbox = createInbox()
  const read = createRtviReader(emit, nanoid)
  const closed = new AbortController()
  let peer: Peer | null = null
  const heartbeat = createHeartbeat()
  let keepalive: ReturnType<typeof setInterval> | undefined
  let textsReceived = 0

  /** Tells the server that this page is there, and finds out whether the server is. */
  async function keepAlive(peer: Peer) {
    peer.send(`ping: ${Date.now()}`)
    const heard = textsReceived + (await peer.packetsReceived())
    if (closed.signal.aborted) return
    if (heartbeat.tick(heard, Date.now()) === 'gone') emit({ type: 'connection-state', state: 'failed' })
  }

  function onMessage(text: string) {
    textsReceived++
    const inbound = parseInbound(text)
    if (inbound.kind === 'signalling' && inbound.type === 'peerLeft') return emit({ type: 'agent-left' })
    if (inbound.kind === 'malformed') {
      const error = toVoiceError(new VoiceAgentError('protocol-error'))
      return emit({ type: 'agent-error', error, fatal: false })
    }
    if (inbound.kind !== 'rtvi') return
    const { type, data } = inbound.message
    if (type === 'bot-ready') inbox.deliver('bot-ready', data)
    else if (type === 'server-message' && data.type === 'session') inbox.deliver('session', data)
    else read(inbound.message)
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const { token, sessionId, resume, context, tools } = request
    const signal = AbortSignal.any([request.signal, closed.signal])
    const opened = await openPeer({ dataChannel: 'chat', signal, onMessage })
    peer = opened
    const { sdp } = await opened.createOffer()
    const body = {
      sdp,
      type: 'offer',
      pc_id: null,
      restart_pc: false,
      requestData: { sessionId, resume, context, tools },
    }
    const answer = await readAnswer(await signallingRequest(url, { method: 'POST', token, body, signal }))
    signal.throwIfAborted()
    await opened.acceptAnswer({ type: 'answer', sdp: answer.sdp })
    trickle(opened, (candidates) =>
      signallingRequest(url, {
        method: 'PATCH',
        token,
        body: { pc_id: answer.pc_id, candidates },
        signal,
      }),
    )
    await opened.opened(openTimeout)

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
    return context.length > 0 ? 'reseeded' : 'fresh'
  }

  return {
    connect,
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
export function smallWebRtcTransport({ offerUrl }: SmallWebRtcOptions = {}): VoiceTransportFactory {
  return (host) => createSmallWebRtc(host, offerUrl)
}
