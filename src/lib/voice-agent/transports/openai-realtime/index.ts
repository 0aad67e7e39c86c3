import { nanoid } from '@reduxjs/toolkit'
import type {
  ClientMessage,
  ConnectRequest,
  Peer,
  TransportEvent,
  TransportHost,
  VoiceTransport,
  VoiceTransportFactory,
} from '../../../../../middleware/webrtc/ports.js'
import { type AgentContinuation, toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { createInbox } from '../inbox.js'
import { isRecord } from '../json-text.js'
import { createContextItem, createMessage, createToolOutput, sessionUpdate } from './client-events.js'
import { createEventReader } from './event-reader.js'
import { requestAnswer } from './request-answer.js'
import { createResponseQueue } from './response-queue.js'
import { parseServerEvent, type ServerEvent } from './server-event.js'
import { createOpenToolCalls, type OpenToolCalls } from './tool-calls.js'

/** How long the peers may take to connect, in milliseconds. */
const openTimeout = 15_000
/** How long the session may take to say that it is configured, and to take the last message it is told of, in milliseconds. */
const readyTimeout = 10_000

export interface OpenAiRealtimeOptions {
  /** Where offers go. @default 'https://api.openai.com/v1/realtime/calls' */
  callsUrl?: string
  /**
   * Fields of OpenAI's session object that `session.update` carries, over those that the ephemeral key was made with: `instructions`,
   * `audio.input.turn_detection`, … What is said is transcribed by `gpt-4o-mini-transcribe` unless `audio.input.transcription` says
   * otherwise; null leaves spoken turns without words. What belongs to your server, such as instructions that users must not change, goes
   * into the key.
   */
  session?: Record<string, unknown>
}

function createOpenAiRealtime(
  { emit, openPeer }: TransportHost,
  { callsUrl, session }: Required<OpenAiRealtimeOptions>,
): VoiceTransport {
  const inbox = createInbox()
  const closed = new AbortController()
  let peer: Peer | null = null
  const send = (event: object) => peer?.send(JSON.stringify(event))
  const queue = createResponseQueue(send, nanoid)
  let calls: OpenToolCalls | null = null
  const reader = createEventReader(onEvent, () => performance.now())

  function onEvent(event: TransportEvent) {
    if (closed.signal.aborted) return
    if (event.type === 'tool-call-started') calls?.started(event.callId, event.name)
    emit(event)
    // The app's tools are cancelled with the turn that called them.
    if (event.type === 'assistant-turn-interrupted') calls?.cancel()
  }

  function onError({ error }: ServerEvent) {
    const { code, event_id: eventId } = isRecord(error) ? error : {}
    if (code === 'session_expired') return emit({ type: 'connection-state', state: 'closed' })
    if (typeof eventId === 'string') inbox.deliver(eventId, { isRefused: true })
    // A few milliseconds more than was generated, or nothing left to cut.
    if (eventId === 'truncate' || queue.onError({ code, eventId })) return
    // The provider's own words may hold anything: they are not shown, and not kept.
    emit({ type: 'agent-error', error: toVoiceError(new VoiceAgentError('agent-error')), fatal: false })
  }

  function onMessage(message: string) {
    const event = parseServerEvent(message)
    if (!event) return emit({ type: 'protocol-error', why: 'malformed' })
    if (event.type === 'error') return onError(event)
    reader.read(event)
    if (event.type === 'response.created') queue.onCreated()
    if (event.type === 'response.done') queue.onDone()
    if (event.type === 'session.updated') inbox.deliver('configured', {})
    if (isRecord(event.item) && typeof event.item.id === 'string') inbox.deliver(event.item.id, {})
  }

  /** Tells the agent what was said before. Gives whether it took any of it. */
  async function replay(context: ConnectRequest['context'], signal: AbortSignal): Promise<boolean> {
    const replies = context.map((message) => {
      const id = `before-${nanoid()}`
      const reply = inbox.take(id, readyTimeout, signal)
      send(createContextItem(message, id))
      return reply
    })
    const outcomes = await Promise.all(replies)
    return outcomes.some((outcome) => outcome && !outcome.isRefused)
  }

  async function configure({ tools }: ConnectRequest, signal: AbortSignal): Promise<void> {
    const configured = inbox.take('configured', readyTimeout, signal)
    const refused = inbox.take('configuration', readyTimeout, signal)
    refused.catch(() => undefined)
    send({ ...sessionUpdate(session, tools), event_id: 'configuration' })
    const outcome = await Promise.race([configured, refused])
    if (outcome?.isRefused) {
      throw new VoiceAgentError('agent-error', 'The agent refused its configuration.', { recoverable: false })
    }
    if (!outcome) {
      throw new VoiceAgentError('agent-unreachable', 'The agent connected, but is not ready to talk.')
    }
  }

  async function connect(request: ConnectRequest): Promise<AgentContinuation> {
    const signal = AbortSignal.any([request.signal, closed.signal])
    calls = createOpenToolCalls(new Set(request.tools.map(({ name }) => name)), {
      answer: (callId, answer) => send(createToolOutput(callId, answer)),
      goOn: () => queue.request(),
    })
    const opened = await openPeer({ dataChannel: 'oai-events', signal, onMessage })
    peer = opened
    const { sdp = '' } = await opened.createOffer()
    const answer = await requestAnswer(callsUrl, { sdp, token: request.token, signal })
    await opened.acceptAnswer({ type: 'answer', sdp: answer })
    await opened.opened(openTimeout)
    await configure(request, signal)
    const isReseeded = await replay(request.context, signal)
    opened.openMicrophoneGate()
    return isReseeded ? 'reseeded' : 'fresh'
  }

  /** Stops the answer that is being generated, and the one that is being played, and leaves the agent what was heard of it. */
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
        interrupt()
        send(createMessage('user', message.text))
        queue.request()
      } else if (message.type === 'interrupt') {
        interrupt()
        calls?.cancel()
      } else if (message.type === 'tool-answer') {
        calls?.answered(message.callId, message.answer)
      } else {
        send(createMessage('system', `${message.name}: ${JSON.stringify(message.data ?? null)}`))
      }
    },
    close() {
      closed.abort()
      reader.close()
      peer?.close()
    },
  }
}

/**
 * OpenAI's Realtime API over WebRTC. `refreshToken` gives an ephemeral key (`ek_…`), which your server makes with
 * `POST /v1/realtime/client_secrets`; your own API key stays there. The API has no way back into a session, which ends after 60 minutes:
 * a new connection is told the last messages and is `reseeded`.
 *
 * @example createVoiceAgent({ apiEndpoint: '/api/voice-agent', transport: openAiRealtimeTransport() })
 */
export function openAiRealtimeTransport({
  callsUrl = 'https://api.openai.com/v1/realtime/calls',
  session = {},
}: OpenAiRealtimeOptions = {}): VoiceTransportFactory {
  return (host) => createOpenAiRealtime(host, { callsUrl, session })
}
