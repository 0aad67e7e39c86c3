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
import { restartIce } from '../ice-restart.js'
import { createInbox } from '../inbox.js'
import { createBotFinder, createMemoryStore, emptyMemory, type Link, peerShape } from './bots.js'
import { createKeepalive } from './heartbeat.js'
import type { SmallWebRtcOptions } from './offer.js'
import { createRtviReader, formatRtvi, parseInbound, RTVI_VERSION } from './rtvi.js'

/** Milliseconds until the bot must send `bot-ready`. */
const READY_LIMIT_MS = 15_000
/** Milliseconds after `bot-ready` until a bot must send `session`. Without it, the bot received no context (session contract). */
const SESSION_LIMIT_MS = 2_000
/** True for the error of a bot that can no longer speak, because the connection that it spoke over is gone (Pipecat 1.14). */
const isMuteError = ({ error }: Record<string, unknown>) =>
  typeof error === 'string' && error.includes('writing audio to the transport')

/** Attempts after which a bot that the server knows is abandoned because it does not become ready. */
const MAX_TRUST = 2

function createSmallWebRtc(host: TransportHost, options: SmallWebRtcOptions): VoiceTransport {
  const { emit, memo, openPeer, warn } = host
  const inbox = createInbox()
  const read = createRtviReader(emit, nanoid)
  const closed = new AbortController()
  const memory = createMemoryStore(memo)
  let peer: Peer | null = null
  let link: Link | null = null
  let textsReceived = 0
  /** The bot's message about its session, which arrives before or after `bot-ready`. */
  let contract: Record<string, unknown> | null = null

  const bots = createBotFinder(host, options, memory, async (iceServers, signal) => {
    peer = await openPeer({ ...peerShape, iceServers, signal, onMessage })
    return peer
  })
  const keepalive = createKeepalive(
    host,
    () => link,
    () => textsReceived,
    closed.signal,
  )

  const countReceived = async (peer: Peer) => textsReceived + (await peer.packetsReceived())

  function sendRtvi(type: string, data: unknown, id?: string) {
    if (!peer) return
    keepalive.refresh(peer)
    return peer.send(formatRtvi(type, data, id), id)
  }

  function onMessage(text: string) {
    textsReceived++
    const inbound = parseInbound(text)
    if (inbound === 'ignored') return
    if (inbound === 'peer-left') return emit({ type: 'agentLeft' })
    if (inbound === 'moved') return emit({ type: 'agentLeft', reason: 'moved' })
    if (inbound === 'malformed') return emit({ type: 'protocolError', why: 'malformed' })
    const { type, data } = inbound
    if (type === 'bot-started-speaking' || type === 'bot-stopped-speaking')
      memory.update({ isSpeaking: type === 'bot-started-speaking' })
    // The bot can't be heard: a new connection ends it and starts an audible one.
    if (type === 'error' && isMuteError(data) && !bots.isMuteKept()) {
      memory.update({ isSpeaking: true })
      return emit({ type: 'connectionState', state: 'closed' })
    }
    if (type === 'bot-ready') inbox.deliver('bot-ready', data)
    else if (type === 'server-message' && data.type === 'session') onSession(data)
    else read(inbound)
  }

  /** Handles the session contract: how the agent continues, and which texts it has received. */
  function onSession(data: Record<string, unknown>) {
    const { lastTextId } = data
    if (lastTextId === null || typeof lastTextId === 'string') emit({ type: 'textsAcknowledged', lastTextId })
    if (contract) return
    contract = data
    memory.update({ hasContract: true })
    inbox.deliver('session', data)
  }

  /** Resolves once the bot says how it continues, or after a timeout. */
  async function learnContract(signal: AbortSignal) {
    if (contract || (await inbox.waitFor('session', SESSION_LIMIT_MS, signal))) return
    memory.update({ hasContract: false })
    warn?.({ warning: 'no-session-contract', got: `none within ${SESSION_LIMIT_MS} ms.` })
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const signal = AbortSignal.any([request.signal, closed.signal])
    const { pcId: triedId, failures } = memory.read()
    let isSameBot: boolean
    let opened: Peer
    try {
      const attached = await bots.attach(request, signal)
      // If closed meanwhile, a keepalive that started now would never stop.
      signal.throwIfAborted()
      link = attached.link
      isSameBot = attached.isSameBot
      opened = link.peer
      const ready = inbox.waitFor('bot-ready', READY_LIMIT_MS, signal)
      sendRtvi('client-ready', { version: RTVI_VERSION, about: { library: 'redux-voice-agent' } })
      keepalive.start(opened)
      if (!(await ready))
        throw new VoiceAgentError(
          'agent-unreachable',
          `The bot must send the RTVI message bot-ready within ${READY_LIMIT_MS} ms; it sent ${textsReceived} other messages and ${await opened.packetsReceived().catch(() => 0)} audio packets.`,
        )
    } catch (error) {
      if (!signal.aborted && triedId !== null && memory.read().pcId !== triedId)
        memory.update(
          failures + 1 < MAX_TRUST ? { failures: failures + 1 } : { ...emptyMemory, hasContract: null },
        )
      throw error
    }
    memory.update({ failures: 0 })
    const learned = learnContract(signal)
    learned.catch(() => undefined)
    // Waits only for a bot that may have something to remember and is not known to lack the contract.
    if ((request.resume || request.context.length > 0) && memory.read().hasContract !== false) await learned
    opened.openMicrophoneGate()
    if (contract?.resumed === true || (!contract && isSameBot)) return 'resumed'
    return contract && request.context.length > 0 ? 'reseeded' : 'fresh'
  }

  return {
    connect,
    async restartIce({ token, signal: attemptSignal }) {
      const broken = link
      if (!broken) throw new VoiceAgentError('not-connected')
      const signal = AbortSignal.any([attemptSignal, closed.signal])
      const { sessionId, agent, peer, signalling } = broken
      // The agent still has its context and tools.
      const request = { sessionId, resume: true, context: [] }
      await restartIce({
        peer,
        agent,
        signal,
        offer: (sdp, limit) =>
          signalling.offer({ sdp, pcId: agent.pcId, isRestart: false, request }, token, limit),
        receivedCount: () => countReceived(peer),
        requestSignOfLife: () => keepalive.ping(peer),
        onAccepted(agent) {
          broken.agent = agent
          bots.sendCandidates(broken, token, signal)
        },
      })
    },
    send(message: ClientMessage) {
      if (message.type === 'text') {
        const options = { run_immediately: true, audio_response: true }
        // Uses the message's id, so that the agent can acknowledge the text and recognise a second copy.
        return sendRtvi('send-text', { content: message.text, options }, message.id)
      }
      if (message.type === 'interrupt') return sendRtvi('client-message', { t: 'interrupt' })
      if (message.type === 'client-message')
        return sendRtvi('client-message', { t: message.name, d: message.data })
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
      return sendRtvi('llm-function-call-result', data)
    },
    canHandOver: () => contract?.handsOver === true,
    endOnPurpose() {
      // Otherwise, the bot would wait half a minute for a reconnection.
      sendRtvi('disconnect-bot', undefined)
      memory.update({ isEnded: true, startedId: null, isSpeaking: false })
    },
    undelivered: () => peer?.undelivered?.() ?? [],
    close() {
      closed.abort()
      keepalive.stop()
      peer?.close()
    },
  }
}

/**
 * Creates the default transport: Pipecat's SmallWebRTC with RTVI messages, and the session contract for resuming an agent.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: smallWebRtcTransport({ offerUrl: '/bot/offer' }) })
 * @example
 * // A stock Pipecat bot, or Pipecat Cloud, with `https://api.pipecat.daily.co/v1/public/my-agent` instead of the path.
 * createVoiceAgent({ apiEndpoint: '/bot', transport: smallWebRtcTransport({ startUrl: '/bot/start' }), refreshToken })
 */
export function smallWebRtcTransport(options: SmallWebRtcOptions = {}): VoiceTransportFactory {
  return Object.assign((host: TransportHost) => createSmallWebRtc(host, options), { peer: peerShape })
}
