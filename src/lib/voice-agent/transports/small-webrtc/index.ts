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
import { pause } from '../../../../../middleware/waiting.js'
import { type AgentContinuation, VoiceAgentError } from '../../../../../store/index.js'
import { type CallUrl, readUrl, type TransportCall, transportCall } from '../call-url.js'
import { type AgentIdentity, identityOf, restartIce } from '../ice-restart.js'
import { createInbox } from '../inbox.js'
import { RefusedRequest } from '../signalling-request.js'
import { trickle } from '../trickle.js'
import { toAppMessage } from './app-message.js'
import { createHeartbeat } from './heartbeat.js'
import { createMemoryStore, emptyMemory, isSamePipecatBot, type Memory, numberOf } from './memory.js'
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
/** Times, and milliseconds between them, that the server is asked if a bot that was told to go has gone. */
const [goneQuestions, goneInterval] = [10, 100]
/** Milliseconds after a ping in which Pipecat certainly passes a message on. It keeps those that come 3 s after the last ping, for ever. */
const freshPing = 1_000

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

/** True for the error of a bot that can't speak any longer, because the connection to which it spoke is gone (Pipecat 1.14). */
const isMuteError = ({ error }: Record<string, unknown>) =>
  typeof error === 'string' && error.includes('writing audio to the transport')

const sessionOf = ({ sessionId, resume, context, tools, isHandover }: ConnectRequest) => ({
  sessionId,
  resume,
  context,
  tools,
  ...(isHandover && { handover: true }),
})

/** Attempts after which a bot that the server knows, but which does not become ready, is given up. */
const longestTrust = 2

/** Lists the ways to a bot, best first. The next one is tried if the server refuses the one before. */
function approachesOf(memory: Memory): Approach[] {
  const { pcId, isEnded, spareId } = memory
  if (pcId === null && memory.startedId === null) return [emptyMemory]
  // In Pipecat's SINGLE mode, the last id is the only one that is accepted, also after its bot has gone.
  const ways = isEnded ? [emptyMemory, memory] : [memory, emptyMemory]
  return spareId === null || spareId === pcId ? ways : [...ways, { ...emptyMemory, pcId: spareId }]
}

function createSmallWebRtc(
  { apiEndpoint, emit, memo, openPeer, getToken, warn }: TransportHost,
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
  let pingedAt = 0
  /** True for a bot that could not be ended: its words still come. */
  let isMuteKept = false
  /** The bot's message about its session, which comes before or after `bot-ready`. */
  let contract: Record<string, unknown> | null = null

  const countReceived = async (peer: Peer) => textsReceived + (await peer.packetsReceived())

  function ping(peer: Peer) {
    pingedAt = Date.now()
    peer.send(`ping: ${pingedAt}`)
  }

  /** Sends an RTVI message. A page that was frozen has not pinged. */
  function sendRtvi(type: string, data: unknown, id?: string) {
    if (!peer) return
    if (Date.now() - pingedAt > freshPing) ping(peer)
    return peer.send(formatRtvi(type, data, id), id)
  }

  /** Pings the server and checks that it is still there. */
  async function keepAlive(peer: Peer) {
    ping(peer)
    const receivedCount = textsReceived + (await peer.signsOfLife())
    if (closed.signal.aborted) return
    const state = heartbeat.tick(receivedCount, Date.now())
    if (state === 'gone') emit({ type: 'connectionState', state: 'failed' })
    else if (state === 'silent' && link) await askServer(link, receivedCount)
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
    if (type === 'bot-started-speaking' || type === 'bot-stopped-speaking')
      memory.update({ isSpeaking: type === 'bot-started-speaking' })
    // Its voice is lost: another connection ends it, and begins with a bot that is heard.
    if (type === 'error' && isMuteError(data) && !isMuteKept) {
      memory.update({ isSpeaking: true })
      return emit({ type: 'connectionState', state: 'closed' })
    }
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
        try {
          await link.signalling.addCandidates(link.agent.pcId, candidates, token, signal)
        } catch (error) {
          // The connection that the server has just answered is live, so that it does not know the method.
          if (error instanceof RefusedRequest && !signal.aborted)
            warn?.({ warning: 'no-candidates-route', got: `the status ${error.status}.` })
          throw error
        }
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

  /** Resolves to the signalling of a way's bot; starts one if there is none. */
  async function reach(way: Approach, request: ConnectRequest, signal: AbortSignal) {
    const call: SmallWebRtcCall = {
      ...transportCall(apiEndpoint, request, signal),
      startedId: way.startedId,
    }
    let { iceServers } = way
    let besides = `${apiEndpoint}/offer`
    if (startUrl) {
      const url = await readUrl(startUrl, call)
      if (call.startedId === null) {
        const started = await startBot(url, startRequest, sessionOf(request), request.token, signal)
        call.startedId = started.startedId
        iceServers = started.iceServers
      }
      besides = `${url.replace(/\/start\/?$/, '')}/sessions/${encodeURIComponent(call.startedId)}/api/offer`
    }
    const signalling = createSignalling(await readUrl(offerUrl ?? besides, call), requestDataKey)
    return { signalling, startedId: call.startedId, iceServers }
  }

  /** Offers a new peer connection to a bot, and accepts its answer. */
  async function offerTo(
    opened: Peer,
    { signalling, startedId, iceServers }: Awaited<ReturnType<typeof reach>>,
    pcId: string | null,
    request: ConnectRequest,
    signal: AbortSignal,
  ): Promise<Link> {
    const { token, sessionId } = request
    const { sdp = '' } = await opened.createOffer()
    const answer = await signalling.offer(
      { sdp, pcId, isRestart: pcId !== null, request: sessionOf(request) },
      token,
      signal,
    )
    // Before anything else can fail: the server does not take the earlier id any longer.
    const isSame = isSamePipecatBot(pcId, answer.pc_id)
    memory.update({
      ...{ pcId: answer.pc_id, startedId, iceServers, isEnded: false },
      // A server in SINGLE mode that has attached a bot once keeps its last id, and refuses those of the bots after it.
      ...(isSame ? {} : { isSpeaking: false, spareId: pcId }),
    })
    await opened.acceptAnswer({ type: 'answer', sdp: answer.sdp })
    const made = { peer: opened, signalling, agent: identityOf(answer), sessionId, isKnown: false }
    sendCandidates(made, token, signal)
    await opened.opened(openTimeout)
    return made
  }

  /** Opens a connection in one way. @returns true if the bot is certainly that of the connection before. */
  async function approach(way: Approach, request: ConnectRequest, signal: AbortSignal): Promise<boolean> {
    const reached = await reach(way, request, signal)
    const { pcId } = way
    // A bot without the contract does not say that it remembers.
    const known =
      pcId !== null && memory.read().hasContract !== true
        ? isKnown(reached.signalling, pcId, request.token, signal)
        : Promise.resolve(false)
    const opened = await openPeer({ ...peerShape, iceServers: reached.iceServers, signal, onMessage })
    peer = opened
    const wasKnown = await known
    link = await offerTo(opened, reached, pcId, request, signal)
    return wasKnown && isSamePipecatBot(pcId, link.agent.pcId)
  }

  /**
   * Ends a bot whose connection was lost while it spoke. Its output waits for the old connection for ever: it would write, and never be heard
   * again (Pipecat 1.14). It goes with a connection that attaches to it and says goodbye. The next bot gets the memory.
   */
  async function endMuteBot(request: ConnectRequest, signal: AbortSignal) {
    const { isSpeaking, isEnded, ...way } = memory.read()
    if (!isSpeaking || isEnded || way.pcId === null || numberOf(way.pcId) === undefined) return
    const ended = () => memory.update({ isEnded: true, startedId: null, isSpeaking: false })
    // Its session has gone with the bot if it has no id.
    if (startUrl && way.startedId === null) return ended()
    const reached = await reach(way, request, signal)
    const { signalling } = reached
    const isThere = (pcId: string) => isKnown(signalling, pcId, request.token, signal)
    if (!(await isThere(way.pcId))) return ended()
    const last = await openPeer({ ...peerShape, iceServers: reached.iceServers, signal, onMessage() {} })
    let attached: Link
    try {
      attached = await offerTo(last, reached, way.pcId, request, signal)
    } catch (error) {
      if (error instanceof RefusedRequest) return ended()
      throw error
    } finally {
      last.close()
    }
    isMuteKept = true
    for (let asked = 0; isMuteKept && asked < goneQuestions; asked++) {
      isMuteKept = await isThere(attached.agent.pcId)
      if (isMuteKept) await pause(goneInterval, signal)
    }
    signal.throwIfAborted()
    ended()
  }

  async function open(request: ConnectRequest, signal: AbortSignal): Promise<boolean> {
    // The bot speaks with the other tab: an id of that connection would end it.
    if (!request.isHandover) await endMuteBot(request, signal)
    const ways = request.isHandover ? [emptyMemory] : approachesOf(memory.read())
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
    if (contract || (await inbox.waitFor('session', sessionTimeout, signal))) return
    memory.update({ hasContract: false })
    warn?.({ warning: 'no-session-contract', got: `none within ${sessionTimeout} ms.` })
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
      sendRtvi('client-ready', { version: rtviVersion, about: { library: 'redux-voice-agent' } })
      // Browsers refuse to read the statistics of a connection that has just been closed.
      keepalive = setInterval(() => void keepAlive(opened).catch(() => undefined), keepaliveInterval)
      if (!(await ready))
        throw new VoiceAgentError(
          'agent-unreachable',
          `The bot must send the RTVI message bot-ready within ${readyTimeout} ms; it sent ${textsReceived} other messages and ${await opened.packetsReceived().catch(() => 0)} packets of sound.`,
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
        requestSignOfLife: () => ping(peer),
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
      // A bot would otherwise wait for a reconnection, for half a minute.
      sendRtvi('disconnect-bot', undefined)
      memory.update({ isEnded: true, startedId: null, isSpeaking: false })
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
