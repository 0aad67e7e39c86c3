import { nanoid } from '@reduxjs/toolkit'
import type {
  ClientMessage,
  ConnectRequest,
  Peer,
  PeerShape,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { type CallUrl, readUrl, type TransportCall, transportCall } from '../call-url.js'
import { type AgentIdentity, identityOf, restartIce } from '../ice-restart.js'
import { createInbox } from '../inbox.js'
import { RefusedRequest } from '../signalling-request.js'
import { trickle } from '../trickle.js'
import { toAppMessage } from './app-message.js'
import { createHeartbeat } from './heartbeat.js'
import { createMemoryStore, emptyMemory, isSamePipecatBot, type Memory } from './memory.js'
import { createSignalling, type Signalling, startBot } from './offer.js'
import { formatRtvi, parseInbound, rtviVersion } from './rtvi-message.js'
import { createRtviReader } from './rtvi-reader.js'

/** Milliseconds until the peers must be connected. The server's own limit for the channel is 10 s. */
const openTimeout = 15_000
/** Milliseconds until the bot must send `bot-ready`. */
const readyTimeout = 15_000
/** Milliseconds after `bot-ready` until a bot must send `session`. Without it, the bot took no context (session contract). */
const sessionTimeout = 2_000
/**
 * Milliseconds between two pings. The server ends the call after 3 s of silence. This client notices a dead server within 4 s: the other
 * side's data channel acknowledges each ping even if the bot does not answer it.
 */
const keepaliveInterval = 500
/** Milliseconds until the server must say if it knows a silent connection. */
const askTimeout = 2_000

/** A connection that is being made, for options that depend on it. */
export interface SmallWebRtcCall extends TransportCall {
  /** Session that `POST /start` has made; null without `startUrl`. */
  startedId: string | null
}

export interface SmallWebRtcOptions {
  /**
   * URL that receives the offer and its candidates. A function is called for each connection.
   *
   * @default `${apiEndpoint}/offer`; with `startUrl` `…/sessions/${startedId}/api/offer` beside it
   */
  offerUrl?: CallUrl<SmallWebRtcCall>
  /**
   * URL that starts a bot before its first offer, such as Pipecat Cloud's `https://api.pipecat.daily.co/v1/public/my-agent/start`. It answers
   * `{ sessionId, iceConfig }`. A reload or an outage uses the same bot, without another start.
   *
   * @default none: the offer starts the bot
   */
  startUrl?: CallUrl<SmallWebRtcCall>
  /** Other fields of the start request, such as `{ enableDefaultIceServers: true }`. @default {} */
  startRequest?: Record<string, unknown>
  /**
   * Name of the offer's field for the session contract. Pipecat's development runner and Pipecat Cloud read only `request_data`; an offer
   * with both makes `SmallWebRTCRequest.from_dict` fail.
   *
   * @default 'request_data'
   */
  requestDataKey?: 'requestData' | 'request_data'
}

/** An established connection. */
interface Link {
  peer: Peer
  signalling: Signalling
  agent: AgentIdentity
  sessionId: string
  /** True once the server has taken candidates of this connection: only then its 404 means that the bot is gone. */
  isKnown: boolean
}

/** How an offer finds its bot. */
type Approach = Pick<Memory, 'pcId' | 'startedId' | 'iceServers'>

const peerShape: PeerShape = { dataChannel: 'chat' }

/** Attempts after which a bot that the server knows, but which does not become ready, is given up. */
const longestTrust = 2

/** Lists the ways to a bot, best first. The next one is tried if the server refuses the one before. */
function approachesOf(memory: Memory): Approach[] {
  const { pcId, isEnded } = memory
  if (pcId === null && memory.startedId === null) return [emptyMemory]
  // In Pipecat's SINGLE mode, the last id is the only one that is accepted, also after its bot has gone.
  return isEnded ? [emptyMemory, memory] : [memory, emptyMemory]
}

function createSmallWebRtc(
  { apiEndpoint, emit, memo, openPeer, getToken }: TransportHost,
  { offerUrl, startUrl, startRequest = {}, requestDataKey = 'request_data' }: SmallWebRtcOptions,
): VoiceTransport {
  const inbox = createInbox()
  const read = createRtviReader(emit, nanoid)
  const closed = new AbortController()
  const memory = createMemoryStore(memo)
  let peer: Peer | null = null
  let link: Link | null = null
  const heartbeat = createHeartbeat()
  let keepalive: ReturnType<typeof setInterval> | undefined
  let textsReceived = 0
  let isAsking = false
  /** The bot's message about its session, which comes before or after `bot-ready`. */
  let contract: Record<string, unknown> | null = null

  const countReceived = async (peer: Peer) => textsReceived + (await peer.packetsReceived())

  /** Pings the server and checks that it is still there. */
  async function keepAlive(peer: Peer) {
    peer.send(`ping: ${Date.now()}`)
    const receivedCount = textsReceived + (await peer.signsOfLife())
    if (closed.signal.aborted) return
    const state = heartbeat.tick(receivedCount, Date.now())
    if (state === 'gone') emit({ type: 'connectionState', state: 'failed' })
    else if (state === 'silent' && link) void askServer(link, receivedCount)
  }

  /** Asks the server if it knows a silent connection. One that was restarted does not: only another connection can help. */
  async function askServer(silent: Link, receivedCount: number) {
    if (isAsking || !silent.isKnown) return
    isAsking = true
    try {
      const token = await getToken(closed.signal)
      const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(askTimeout)])
      await silent.signalling.addCandidates(silent.agent.pcId, [], token, signal)
    } catch (error) {
      const isUnknown = error instanceof RefusedRequest && (error.status === 404 || error.status === 410)
      // A server of several processes may have asked the wrong one.
      const isSilent = isUnknown && textsReceived + (await silent.peer.signsOfLife()) === receivedCount
      if (!isSilent || closed.signal.aborted) return
      clearInterval(keepalive)
      emit({ type: 'connectionState', state: 'closed' })
    } finally {
      isAsking = false
    }
  }

  function onMessage(text: string) {
    textsReceived++
    const inbound = parseInbound(text)
    if (inbound === 'ignored') return
    if (inbound === 'peer-left') return emit({ type: 'agentLeft' })
    if (inbound === 'moved') return emit({ type: 'agentLeft', reason: 'moved' })
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
    if (contract) return
    contract = data
    memory.update({ hasContract: true })
    inbox.deliver('session', data)
  }

  const sendCandidates = (link: Link, token: string, signal: AbortSignal) =>
    trickle(
      link.peer,
      async (candidates) => {
        await link.signalling.addCandidates(link.agent.pcId, candidates, token, signal)
        link.isKnown = true
      },
      signal,
    )

  /** Asks the server if it knows the peer connection: it refuses candidates for any other. */
  const isKnown = (signalling: Signalling, pcId: string, token: string, signal: AbortSignal) =>
    signalling.addCandidates(pcId, [], token, signal).then(
      () => true,
      () => false,
    )

  /** Opens a connection in one way. @returns true if the bot is certainly that of the connection before. */
  async function approach(way: Approach, request: ConnectRequest, signal: AbortSignal): Promise<boolean> {
    const { token, sessionId, resume, context, tools } = request
    const session = { sessionId, resume, context, tools }
    const call: SmallWebRtcCall = {
      ...transportCall(apiEndpoint, request, signal),
      startedId: way.startedId,
    }
    let { iceServers } = way
    let besides = `${apiEndpoint}/offer`
    if (startUrl) {
      const url = await readUrl(startUrl, call)
      if (call.startedId === null) {
        const started = await startBot(url, startRequest, session, token, signal)
        call.startedId = started.startedId
        iceServers = started.iceServers
      }
      besides = `${url.replace(/\/start\/?$/, '')}/sessions/${encodeURIComponent(call.startedId)}/api/offer`
    }
    const signalling = createSignalling(await readUrl(offerUrl ?? besides, call), requestDataKey)
    const { pcId } = way
    // A bot without the contract does not say that it remembers.
    const known =
      pcId !== null && memory.read().hasContract !== true
        ? isKnown(signalling, pcId, token, signal)
        : Promise.resolve(false)
    const opened = await openPeer({ ...peerShape, iceServers, signal, onMessage })
    peer = opened
    const wasKnown = await known
    const { sdp = '' } = await opened.createOffer()
    const answer = await signalling.offer(
      { sdp, pcId, isRestart: pcId !== null, request: session },
      token,
      signal,
    )
    // Before anything else can fail: the server does not take the earlier id any longer.
    memory.update({ pcId: answer.pc_id, startedId: call.startedId, iceServers, isEnded: false })
    await opened.acceptAnswer({ type: 'answer', sdp: answer.sdp })
    link = { peer: opened, signalling, agent: identityOf(answer), sessionId, isKnown: false }
    sendCandidates(link, token, signal)
    await opened.opened(openTimeout)
    return wasKnown && isSamePipecatBot(pcId, answer.pc_id)
  }

  async function open(request: ConnectRequest, signal: AbortSignal): Promise<boolean> {
    const ways = approachesOf(memory.read())
    for (const way of ways) {
      try {
        return await approach(way, request, signal)
      } catch (error) {
        peer?.close()
        if (!(error instanceof RefusedRequest)) throw error
        if (way !== ways.at(-1)) continue
        // In Pipecat's SINGLE mode a bot that waits for its lost client refuses any other, for half a minute.
        if (error.status !== 400 || !request.resume) throw error
        throw new VoiceAgentError('signalling-unavailable', error.message, { cause: error })
      }
    }
    return false
  }

  /** Resolves when the bot says how it continues, or once it is clear that it does not. */
  async function learnContract(signal: AbortSignal) {
    if (!contract && !(await inbox.waitFor('session', sessionTimeout, signal)))
      memory.update({ hasContract: false })
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const signal = AbortSignal.any([request.signal, closed.signal])
    const { pcId: triedId, failures } = memory.read()
    let isSameBot: boolean
    let opened: Peer
    try {
      isSameBot = await open(request, signal)
      // Closed meanwhile: a keepalive that began now would never stop.
      signal.throwIfAborted()
      // Set by `open`.
      opened = peer as Peer
      const ready = inbox.waitFor('bot-ready', readyTimeout, signal)
      opened.send(
        formatRtvi('client-ready', { version: rtviVersion, about: { library: 'redux-voice-agent' } }),
      )
      keepalive = setInterval(() => void keepAlive(opened), keepaliveInterval)
      if (!(await ready))
        throw new VoiceAgentError(
          'agent-unreachable',
          `The bot must send bot-ready within ${readyTimeout} ms; it did not.`,
        )
    } catch (error) {
      if (!signal.aborted && triedId !== null && memory.read().pcId !== triedId)
        memory.update(
          failures + 1 < longestTrust ? { failures: failures + 1 } : { ...emptyMemory, hasContract: null },
        )
      throw error
    }
    memory.update({ failures: 0 })
    const learned = learnContract(signal)
    learned.catch(() => undefined)
    // Only a bot that may have something to remember is waited for, and not one that is known to say nothing.
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
        requestSignOfLife: () => peer.send(`ping: ${Date.now()}`),
        onAccepted(agent) {
          broken.agent = agent
          sendCandidates(broken, token, signal)
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
    endOnPurpose() {
      // A bot would otherwise wait for a reconnection, for half a minute.
      peer?.send(formatRtvi('disconnect-bot', undefined))
      memory.update({ isEnded: true, startedId: null })
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
 * @example
 * // A stock Pipecat bot, or Pipecat Cloud, with `https://api.pipecat.daily.co/v1/public/my-agent` in place of the path.
 * createVoiceAgent({ apiEndpoint: '/bot', transport: smallWebRtcTransport({ startUrl: '/bot/start' }), refreshToken })
 */
export function smallWebRtcTransport(options: SmallWebRtcOptions = {}): VoiceTransportFactory {
  return Object.assign((host: TransportHost) => createSmallWebRtc(host, options), { peer: peerShape })
}
