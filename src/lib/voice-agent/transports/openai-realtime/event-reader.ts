import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { isRecord, readJson } from '../json-text.js'
import { createItemOrder, type ItemOrder } from './item-order.js'
import { createResponseTurns } from './response-turns.js'

const asText = (value: unknown) => (typeof value === 'string' ? value : '')

/**
 * Reads MCP tool calls, which OpenAI runs, and requests for the user's approval. An approved call gets the id of its request, so that both
 * are one message.
 * Source: OpenAI API reference, items `mcp_approval_request` and `mcp_call`.
 */
function createMcpReader(order: Pick<ItemOrder, 'emit'>) {
  const requested = new Set<string>()

  return {
    /** Returns true if the item is from an MCP server. */
    read(
      id: string,
      { type, name, arguments: args, approval_request_id: requestId, error }: Record<string, unknown>,
    ): boolean {
      const start = (toolCallId: string) =>
        order.emit(id, { type: 'toolCallStarted', toolCallId, name: asText(name), arguments: args })
      if (type === 'mcp_approval_request') {
        if (requested.has(id)) return true
        requested.add(id)
        start(id)
        order.emit(id, { type: 'toolApprovalNeeded', toolCallId: id })
      } else if (type === 'mcp_call') {
        const isApproved = typeof requestId === 'string' && requested.has(requestId)
        const toolCallId = isApproved ? requestId : id
        if (!isApproved) start(id)
        const failed = error !== undefined && error !== null
        order.emit(id, { type: 'toolCallStopped', toolCallId, cancelled: false, failed })
      } else return false
      return true
    },
  }
}

/** Events that do not affect the conversation. */
const UNUSED =
  /^(conversation\.created|conversation\.item\.(done|deleted|retrieved|truncated|input_audio_transcription\.segment)|input_audio_buffer\.(cleared|timeout_triggered|dtmf_event_received)|rate_limits\.updated|response\.(content_part\.(added|done)|output_audio\.(delta|done)|function_call_arguments\.(delta|done)|mcp_call(_arguments\.(delta|done)|\.(in_progress|completed|failed)))|mcp_list_tools\.(in_progress|completed))$/

/** Some compatible servers send names from before GA: `response.audio_transcript.delta`, `response.text.done`. */
const withCurrentName = (type: string) =>
  type.replace(/^response\.(audio|text)(?=[._])/, 'response.output_$1')

/** An event from OpenAI with unchecked fields. */
export interface ServerEvent extends Record<string, unknown> {
  type: string
}

/** Parses one message of the data channel. Returns null if it is not an event. Never throws. */
export function parseServerEvent(text: string): ServerEvent | null {
  const event = readJson(text)
  return isRecord(event) && typeof event.type === 'string' ? (event as ServerEvent) : null
}

export interface EventReader {
  read(event: ServerEvent): void
  /** Returns the playing item and how much of it was played, like `ResponseTurns.heard`. */
  heard(): { itemId: string; ms: number } | null
  readonly isPlaying: boolean
  /** Stops all timers. */
  close(): void
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const asRecord = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

/** Returns how a session transcribes the user; null if it does not. Before GA, the field was next to `audio`. */
export function transcriptionOf(session: unknown): object | null {
  const { audio, input_audio_transcription: beforeGa } = asRecord(session)
  const transcription = asRecord(asRecord(audio).input).transcription ?? beforeGa
  return isRecord(transcription) ? transcription : null
}

/** Returns the id of the user's turn. Compatible servers may omit it. */
const turnOf = ({ item_id: turnId }: ServerEvent) => (isText(turnId) ? { turnId } : {})

/** Parses arguments, which are a JSON string. Returns other strings unchanged, for the tool's schema to reject. */
function readArguments(value: unknown): unknown {
  if (typeof value !== 'string') return {}
  const read = readJson(value || '{}')
  return read === undefined ? value : read
}

/**
 * Translates the server events of one connection into transport events. Unknown types are counted and otherwise ignored.
 * Source: OpenAI API reference, "Realtime server events" (GA).
 *
 * @param now Returns milliseconds on a monotonic clock.
 */
export function createEventReader(emit: (event: TransportEvent) => void, now: () => number): EventReader {
  const order = createItemOrder(emit)
  const turns = createResponseTurns(order, emit, now)
  const mcp = createMcpReader(order)
  /** True if the session transcribes the user. */
  let isTranscribed = false
  /** Partial transcripts by item id. */
  const words = new Map<string, string>()
  const malformed = () => emit({ type: 'protocolError', why: 'malformed' })

  function onSession({ session }: ServerEvent) {
    isTranscribed = transcriptionOf(session) !== null
  }

  function reportError(detail: string, providerCode?: unknown) {
    const error = toVoiceError(new VoiceAgentError('agent-error', detail, { providerCode }))
    emit({ type: 'agentErrorReported', error, fatal: false })
  }

  function onItem({ item, previous_item_id: previousId }: ServerEvent) {
    const { id, type, call_id: toolCallId } = asRecord(item)
    if (!isText(id)) return malformed()
    order.place(id, previousId)
    // Output of a tool that the app's server ran.
    if (type === 'function_call_output' && isText(toolCallId)) {
      order.emit(id, { type: 'toolCallStopped', toolCallId, cancelled: false })
    }
  }

  function endUserTurn(itemId: string, transcript: string) {
    words.delete(itemId)
    order.emit(itemId, {
      type: 'userTranscriptReceived',
      text: transcript.trim(),
      final: true,
      turnId: itemId,
    })
    order.stopWaiting(itemId)
  }

  /** Handles events with part or all of the agent's text. */
  function onText(event: ServerEvent, key: 'delta' | 'transcript' | 'text', isSpoken: boolean) {
    const { response_id: responseId, item_id: itemId, [key]: value } = event
    if (!isText(itemId) || typeof value !== 'string') return malformed()
    if (key === 'delta') turns.addText(responseId, itemId, value, isSpoken)
    else turns.completeText(responseId, itemId, value, isSpoken)
  }

  const handlers: Record<string, (event: ServerEvent) => void> = {
    'session.created': onSession,
    'session.updated': onSession,
    'input_audio_buffer.speech_started': (event) => emit({ type: 'userSpeechStarted', ...turnOf(event) }),
    'input_audio_buffer.speech_stopped': (event) => emit({ type: 'userSpeechStopped', ...turnOf(event) }),
    'input_audio_buffer.committed': ({ item_id: itemId, previous_item_id: previousId }) => {
      if (!isText(itemId)) return malformed()
      order.place(itemId, previousId)
      if (isTranscribed) order.waitFor(itemId)
      else endUserTurn(itemId, '')
    },
    'conversation.item.added': onItem,
    'conversation.item.created': onItem,
    'conversation.item.input_audio_transcription.delta': ({ item_id: itemId, delta }) => {
      if (!isText(itemId) || typeof delta !== 'string') return malformed()
      const soFar = (words.get(itemId) ?? '') + delta
      words.set(itemId, soFar)
      emit({ type: 'userTranscriptReceived', text: soFar, final: false, turnId: itemId })
    },
    'conversation.item.input_audio_transcription.completed': ({ item_id: itemId, transcript }) => {
      if (!isText(itemId) || typeof transcript !== 'string') return malformed()
      endUserTurn(itemId, transcript)
    },
    'conversation.item.input_audio_transcription.failed': ({ item_id: itemId }) => {
      if (!isText(itemId)) return malformed()
      endUserTurn(itemId, '')
    },
    'response.created': ({ response }) => {
      const { id } = asRecord(response)
      if (!isText(id)) return malformed()
      turns.begin(id)
    },
    'response.output_item.added': ({ response_id: responseId, item }) => {
      const { id, type } = asRecord(item)
      if (!isText(id)) return malformed()
      if (type === 'message') turns.startTurn(responseId, id)
      else order.place(id)
    },
    'response.output_audio_transcript.delta': (event) => onText(event, 'delta', true),
    'response.output_audio_transcript.done': (event) => onText(event, 'transcript', true),
    'response.output_text.delta': (event) => onText(event, 'delta', false),
    'response.output_text.done': (event) => onText(event, 'text', false),
    'response.output_item.done': ({ item }) => {
      const { id, type, status, call_id: toolCallId, name, arguments: args } = asRecord(item)
      if (isText(id) && mcp.read(id, { ...asRecord(item), arguments: readArguments(args) })) return
      // OpenAI also reports incomplete calls, whose arguments are truncated.
      if (type !== 'function_call' || status === 'incomplete') return
      if (!isText(id) || !isText(toolCallId)) return malformed()
      const call = { toolCallId, name: isText(name) ? name : '', arguments: readArguments(args) }
      order.emit(id, { type: 'toolCallStarted', ...call })
    },
    'response.done': ({ response }) => {
      const { id, status, status_details: details } = asRecord(response)
      if (!isText(id)) return malformed()
      turns.generated(id, status === 'cancelled' || status === 'failed')
      if (status !== 'failed') return
      const { code, type } = asRecord(asRecord(details).error)
      reportError('The agent failed to answer.', code ?? type)
    },
    'mcp_list_tools.failed': () => reportError("Some of the agent's tools are not available."),
    'output_audio_buffer.started': ({ response_id: id }) => turns.playing(id),
    'output_audio_buffer.stopped': ({ response_id: id }) => turns.played(id),
    'output_audio_buffer.cleared': ({ response_id: id }) => turns.cleared(id),
  }

  return {
    read(event) {
      const type = withCurrentName(event.type)
      if (Object.hasOwn(handlers, type)) handlers[type]?.(event)
      else if (!UNUSED.test(type)) emit({ type: 'protocolError', why: 'unknown' })
    },
    heard: () => turns.heard(),
    get isPlaying() {
      return turns.isPlaying
    },
    close: () => order.clear(),
  }
}

/**
 * Translates server events for the app that are not part of the conversation: rate limits, and a response's token usage.
 * Returns null for any other event.
 */
export function toAppMessage({ type, rate_limits, response }: ServerEvent): TransportEvent | null {
  const event = { type: 'agentMessageReceived', name: null } as const
  if (type === 'rate_limits.updated') return { ...event, kind: 'rate-limits', data: rate_limits }
  if (type !== 'response.done' || !isRecord(response) || !isRecord(response.usage)) return null
  return { ...event, kind: 'metrics', data: { usage: response.usage } }
}
