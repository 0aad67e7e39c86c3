import { nanoid } from '@reduxjs/toolkit'
import type {
  ClientMessage,
  ConnectRequest,
  Peer,
  PeerShape,
  TransportEvent,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/drivers/call/ports.js'
import { type AgentContinuation, toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { createInbox } from '../inbox.js'
import { isRecord } from '../json-text.js'
import { type CallUrl, readUrl, signallingRequest, transportCall } from '../signalling-request.js'
import {
  createApproval,
  createContextItem,
  createLateToolOutput,
  createMessage,
  createToolOutput,
  sessionUpdate,
} from './client-events.js'
import {
  createEventReader,
  parseServerEvent,
  type ServerEvent,
  toAppMessage,
  transcriptionOf,
} from './event-reader.js'
import { createOpenToolCalls, createResponseQueue, type OpenToolCalls } from './response-queue.js'

const peerShape: PeerShape = { dataChannel: 'oai-events' }

const DEFAULT_URL = 'https://api.openai.com/v1/realtime/calls'
/** Milliseconds until the peers must be connected. */
const OPEN_LIMIT_MS = 15_000
/** Milliseconds until OpenAI must confirm the configuration and each context message. */
const READY_LIMIT_MS = 10_000

/** Milliseconds until the server must describe the key's session. Compatible servers may not. */
const SESSION_LIMIT_MS = 2_000
/** Milliseconds that a session lasts if the server does not say when it ends. */
const SESSION_LIFETIME_MS = 60 * 60_000

/** Options of {@link openAiRealtimeTransport}. */
export interface OpenAiRealtimeOptions {
  /**
   * URL that receives the offer, or a function that is called for each connection. Compatible servers: Azure's
   * `https://….openai.azure.com/openai/v1/realtime/calls`, LiteLLM, or LocalAI with `?model=`.
   *
   * @default 'https://api.openai.com/v1/realtime/calls'
   */
  callsUrl?: CallUrl
  /**
   * Called with the id of each call, which your server needs to control it (`wss://api.openai.com/v1/realtime?call_id=…`). The microphone opens
   * once it resolves; if it rejects, the connection fails. Not called if the server's `Location` can't be read: on another origin,
   * it needs `Access-Control-Expose-Headers: Location`.
   */
  onCall?: (call: { callId: string; sessionId: string; signal: AbortSignal }) => void | Promise<void>
  /**
   * Fields of OpenAI's session object for `session.update`, such as `instructions` or `audio.input.turn_detection`. They
   * override the fields that the ephemeral key was created with.
   *
   * The key's session determines how the user is transcribed, unless `audio.input.transcription` names a model. If neither says,
   * `gpt-4o-mini-transcribe` does it; null turns transcription off. Put instructions that users must not change into the key, on your server.
   *
   * @default {}
   */
  session?: Record<string, unknown>
}

/** Reads the call id from its URL, such as `/v1/realtime/calls/rtc_123`. */
const callIdOf = (location: string | null) => location?.match(/\/([^/?#]+)\/?(?:[?#].*)?$/)?.[1] ?? null

/**
 * Sends an offer to OpenAI and returns its answer with the call id, which is null if it can't be read.
 *
 * @throws VoiceAgentError `token-malformed`, final, if the token is an API key instead of an ephemeral key; otherwise the
 * errors of `signallingRequest`
 */
async function requestAnswer(
  url: string,
  { sdp, token, signal }: { sdp: string; token: string; signal: AbortSignal },
): Promise<{ sdp: string; callId: string | null }> {
  if (token.startsWith('sk-')) {
    throw new VoiceAgentError(
      'token-malformed',
      'refreshToken must return an ephemeral key (ek_…); it returned an API key (sk-…). Keep that on your server.',
      { recoverable: false },
    )
  }
  const headers = { 'Content-Type': 'application/sdp' }
  const answer = await signallingRequest(url, { method: 'POST', token, headers, body: sdp, signal })
  signal.throwIfAborted()
  return { sdp: answer.text, callId: callIdOf(answer.headers.get('Location')) }
}

function createOpenAiRealtime(
  { apiEndpoint, emit, openPeer }: TransportHost,
  { callsUrl = DEFAULT_URL, session = {}, onCall }: OpenAiRealtimeOptions,
): VoiceTransport {
  const inbox = createInbox()
  const closed = new AbortController()
  let peer: Peer | null = null
  const send = (event: object, textId?: string) => peer?.send(JSON.stringify(event), textId)
  /** Texts that OpenAI has not yet added to its conversation. */
  const unconfirmed = new Set<string>()
  const queue = createResponseQueue(send, nanoid)
  /** Response whose events are arriving. */
  let responseId: unknown = null
  /** Ids of ended responses, whose late events must not mark them as active again. */
  const endedIds = new Set<string>()
  /** The session as first described by the server; null until then. */
  let described: Record<string, unknown> | null = null
  let calls: OpenToolCalls | null = null
  const reader = createEventReader(onEvent, () => performance.now())

  function onEvent(event: TransportEvent) {
    if (closed.signal.aborted) return
    if (event.type === 'toolCallStarted') calls?.started(event.toolCallId, event.name)
    emit(event)
  }

  function onError({ error }: ServerEvent) {
    const { code, type, event_id: eventId } = isRecord(error) ? error : {}
    if (code === 'session_expired') return emit({ type: 'endAnnounced', inMs: 0 })
    if (typeof eventId === 'string') inbox.deliver(eventId, { isRefused: true, code: code ?? type })
    // Ignore failed truncations: the requested end is a few milliseconds past the audio, or the item is gone.
    if (eventId === 'truncate' || queue.onError({ code, eventId })) return
    // The provider's error text may contain private data, so it is neither shown nor stored.
    emit({
      type: 'agentErrorReported',
      error: toVoiceError(new VoiceAgentError('agent-error', undefined, { providerCode: code ?? type })),
      fatal: false,
    })
  }

  function onItem(id: string) {
    inbox.deliver(id, {})
    if (unconfirmed.delete(id)) emit({ type: 'textsAcknowledged', lastTextId: id })
  }

  function onMessage(message: string) {
    const event = parseServerEvent(message)
    if (!event) return emit({ type: 'protocolError', why: 'malformed' })
    if (event.type === 'error') return onError(event)
    reader.read(event)
    const forApp = toAppMessage(event)
    if (forApp) emit(forApp)
    trackResponse(event)
    if (event.type === 'session.created') onSession(event)
    if (event.type === 'session.updated') inbox.deliver('configured', {})
    if (isRecord(event.item) && typeof event.item.id === 'string') onItem(event.item.id)
  }

  /** Compatible servers may omit `response.created`, so any event of a response marks it as active. */
  function trackResponse({ type, response, response_id: ofEvent }: ServerEvent) {
    const id = isRecord(response) ? response.id : ofEvent
    if (!type.startsWith('response.') || typeof id !== 'string' || endedIds.has(id)) return
    if (type === 'response.done') {
      endedIds.add(id)
      queue.onDone()
    } else if (id !== responseId) queue.onCreated()
    responseId = id
  }

  function onSession({ session: created }: ServerEvent) {
    described = isRecord(created) ? created : {}
    inbox.deliver('described', {})
  }

  /** Resolves when the server has described the key's session, or after a timeout. */
  async function learnSession(signal: AbortSignal) {
    if (!described) await inbox.waitFor('described', SESSION_LIMIT_MS, signal)
  }

  /** Milliseconds until the server ends the session: `expires_at` is in seconds since the epoch, on the server's clock. */
  function remainingMs() {
    const expiresAt = described?.expires_at
    const ms = typeof expiresAt === 'number' ? expiresAt * 1000 - Date.now() : SESSION_LIFETIME_MS
    // With a wrong clock, the value says nothing about the session.
    return ms > 0 && ms <= SESSION_LIFETIME_MS ? ms : SESSION_LIFETIME_MS
  }

  /** Sends earlier messages to the agent. Resolves to true if it accepted any of them. */
  async function replay(context: ConnectRequest['context'], signal: AbortSignal): Promise<boolean> {
    const replies = context.map((message) => {
      const id = `before-${nanoid()}`
      const reply = inbox.waitFor(id, READY_LIMIT_MS, signal)
      send(createContextItem(message, id))
      return reply
    })
    const outcomes = await Promise.all(replies)
    return outcomes.some((outcome) => outcome && !outcome.isRefused)
  }

  async function configure({ tools }: ConnectRequest, signal: AbortSignal): Promise<void> {
    const configured = inbox.waitFor('configured', READY_LIMIT_MS, signal)
    const refused = inbox.waitFor('configuration', READY_LIMIT_MS, signal)
    refused.catch(() => undefined)
    const isTranscribed = transcriptionOf(described) !== null
    send({ ...sessionUpdate(session, tools, isTranscribed), event_id: 'configuration' })
    const outcome = await Promise.race([configured, refused])
    if (outcome?.isRefused) {
      throw new VoiceAgentError(
        'agent-error',
        'OpenAI must accept session.update; it answered with an error. Check the option `session` and the tools.',
        { recoverable: false, providerCode: outcome.code },
      )
    }
    if (!outcome) {
      throw new VoiceAgentError(
        'agent-unreachable',
        `OpenAI must answer session.update within ${READY_LIMIT_MS} ms; it did not.`,
      )
    }
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const signal = AbortSignal.any([request.signal, closed.signal])
    calls = createOpenToolCalls(new Set(request.tools.map(({ name }) => name)), {
      answer: ({ toolCallId, answer }) => send(createToolOutput(toolCallId, answer)),
      tell: (message) => send(createLateToolOutput(message)),
      requestResponse: () => queue.request(),
    })
    const { token, sessionId } = request
    const url = await readUrl(callsUrl, transportCall(apiEndpoint, request, signal))
    const opened = await openPeer({ ...peerShape, signal, onMessage })
    peer = opened
    const { sdp = '' } = await opened.createOffer()
    const { sdp: answer, callId } = await requestAnswer(url, { sdp, token, signal })
    await opened.acceptAnswer({ type: 'answer', sdp: answer })
    await opened.opened(OPEN_LIMIT_MS)
    await learnSession(signal)
    await configure(request, signal)
    const isReseeded = await replay(request.context, signal)
    if (callId !== null) await onCall?.({ callId, sessionId, signal })
    signal.throwIfAborted()
    opened.openMicrophoneGate()
    emit({ type: 'endAnnounced', inMs: remainingMs() })
    return isReseeded ? 'reseeded' : 'fresh'
  }

  /** Stops generation and playback, and truncates the agent's message to the part heard. */
  function interrupt() {
    queue.cancel()
    if (!reader.isPlaying) return
    const heard = reader.heard()
    send({ type: 'output_audio_buffer.clear' })
    if (!heard) return
    const { itemId, ms } = heard
    send({
      type: 'conversation.item.truncate',
      event_id: 'truncate',
      item_id: itemId,
      content_index: 0,
      audio_end_ms: ms,
    })
  }

  return {
    connect,
    send(message: ClientMessage) {
      if (message.type === 'text') {
        // Sent first, because a text that is refused must not interrupt the agent.
        if (send(createMessage('user', message.text, message.id), message.id) === false) return false
        unconfirmed.add(message.id)
        interrupt()
        queue.request()
      } else if (message.type === 'interrupt') {
        interrupt()
      } else if (message.type === 'tool-answer') {
        calls?.answered(message)
      } else if (message.type === 'tool-approval') {
        // OpenAI continues without `response.create`.
        return send(createApproval(message.toolCallId, message.isApproved))
      } else {
        return send(createMessage('system', `${message.name}: ${JSON.stringify(message.data ?? null)}`))
      }
    },
    undelivered: () => peer?.undelivered?.() ?? [],
    close() {
      closed.abort()
      reader.close()
      peer?.close()
    },
  }
}

/**
 * Creates a transport to OpenAI's Realtime API over WebRTC.
 *
 * `refreshToken` must return an ephemeral key (`ek_…`), which your server creates with `POST /v1/realtime/client_secrets`.
 * Your API key stays on the server. A session ends after 60 minutes and can't be resumed. Before that, a new call replaces it in a pause of the
 * conversation. It receives the last messages and is `reseeded`.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: openAiRealtimeTransport() })
 */
export function openAiRealtimeTransport(options: OpenAiRealtimeOptions = {}): VoiceTransportFactory {
  return Object.assign((host: TransportHost) => createOpenAiRealtime(host, options), { peer: peerShape })
}
