import type { TransportEvent } from '../../../../../middleware/webrtc/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { isRecord, readJson } from '../json-text.js'
import { createItemOrder } from './item-order.js'
import { createResponseTurns } from './response-turns.js'
import type { ServerEvent } from './server-event.js'

/** Events that say nothing a conversation is made of. */
const unused =
  /^(conversation\.created|conversation\.item\.(done|deleted|retrieved|truncated|input_audio_transcription\.segment)|input_audio_buffer\.(cleared|timeout_triggered|dtmf_event_received)|rate_limits\.updated|response\.(content_part\.(added|done)|output_audio\.(delta|done)|function_call_arguments\.(delta|done)|mcp_call.*)|mcp_list_tools\..*)$/

export interface EventReader {
  read(event: ServerEvent): void
  /** What of the answer is heard just now: see `ResponseTurns`. */
  heard(): { itemId: string; ms: number } | null
  readonly isPlaying: boolean
  /** Stops its timers. */
  close(): void
}

const text = (value: unknown): value is string => typeof value === 'string' && value !== ''
const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

/** Arguments are JSON in a string. What is none is passed on as it is: the tool's schema refuses it. */
function readArguments(given: unknown): unknown {
  if (typeof given !== 'string') return {}
  const read = readJson(given || '{}')
  return 'malformed' in read ? given : read.value
}

/**
 * Translates the server events of one connection into transport events. Types that nobody knows are ignored, and counted.
 * Source: OpenAI API reference, "Realtime server events" (GA).
 *
 * @param now Milliseconds on a clock that never goes back.
 */
export function createEventReader(emit: (event: TransportEvent) => void, now: () => number): EventReader {
  const order = createItemOrder(emit)
  const turns = createResponseTurns(order, emit, now)
  /** Whether what is said is transcribed: the session tells. */
  let isTranscribed = false
  /** Words of turns that are still being transcribed. */
  const words = new Map<string, string>()
  const malformed = () => emit({ type: 'protocol-error', why: 'malformed' })

  function onSession({ session }: ServerEvent) {
    const { input } = record(record(session).audio)
    isTranscribed = isRecord(record(input).transcription)
  }

  function onItem({ item, previous_item_id: previousId }: ServerEvent) {
    const { id, type, call_id: callId } = record(item)
    if (!text(id)) return malformed()
    order.place(id, previousId)
    // Of a tool that the app's own server answered.
    if (type === 'function_call_output' && text(callId)) {
      order.emit(id, { type: 'tool-call-stopped', callId, cancelled: false })
    }
  }

  function endUserTurn(itemId: string, transcript: string) {
    words.delete(itemId)
    order.emit(itemId, { type: 'user-transcript', text: transcript.trim(), final: true })
    order.settle(itemId)
  }

  /** Of events that carry a part of an answer's text. */
  function onText(event: ServerEvent, key: 'delta' | 'transcript' | 'text', isSpoken: boolean) {
    const { response_id: responseId, item_id: itemId, [key]: value } = event
    if (!text(itemId) || typeof value !== 'string') return malformed()
    if (key === 'delta') turns.addText(responseId, itemId, value, isSpoken)
    else turns.completeText(responseId, itemId, value, isSpoken)
  }

  const handlers: Record<string, (event: ServerEvent) => void> = {
    'session.created': onSession,
    'session.updated': onSession,
    'input_audio_buffer.speech_started': () => emit({ type: 'user-speech-started' }),
    'input_audio_buffer.speech_stopped': () => emit({ type: 'user-speech-stopped' }),
    'input_audio_buffer.committed': ({ item_id: itemId, previous_item_id: previousId }) => {
      if (!text(itemId)) return malformed()
      order.place(itemId, previousId)
      if (isTranscribed) order.waitFor(itemId)
      else endUserTurn(itemId, '')
    },
    'conversation.item.added': onItem,
    'conversation.item.created': onItem,
    'conversation.item.input_audio_transcription.delta': ({ item_id: itemId, delta }) => {
      if (!text(itemId) || typeof delta !== 'string') return malformed()
      const soFar = (words.get(itemId) ?? '') + delta
      words.set(itemId, soFar)
      // Only one can be shown as it is being transcribed.
      if (order.isNext(itemId)) emit({ type: 'user-transcript', text: soFar, final: false })
    },
    'conversation.item.input_audio_transcription.completed': ({ item_id: itemId, transcript }) => {
      if (!text(itemId) || typeof transcript !== 'string') return malformed()
      endUserTurn(itemId, transcript)
    },
    'conversation.item.input_audio_transcription.failed': ({ item_id: itemId }) => {
      if (!text(itemId)) return malformed()
      endUserTurn(itemId, '')
    },
    'response.created': ({ response }) => {
      const { id } = record(response)
      if (!text(id)) return malformed()
      turns.begin(id)
    },
    'response.output_item.added': ({ response_id: responseId, item }) => {
      const { id, type } = record(item)
      if (!text(id)) return malformed()
      if (type === 'message') turns.startTurn(responseId, id)
      else order.place(id)
    },
    'response.output_audio_transcript.delta': (event) => onText(event, 'delta', true),
    'response.output_audio_transcript.done': (event) => onText(event, 'transcript', true),
    'response.output_text.delta': (event) => onText(event, 'delta', false),
    'response.output_text.done': (event) => onText(event, 'text', false),
    'response.output_item.done': ({ item }) => {
      const { id, type, status, call_id: callId, name, arguments: given } = record(item)
      // The arguments of a call that was cut off are cut off too, and told of all the same.
      if (type !== 'function_call' || status === 'incomplete') return
      if (!text(id) || !text(callId)) return malformed()
      const call = { callId, name: text(name) ? name : '', arguments: readArguments(given) }
      order.emit(id, { type: 'tool-call-started', ...call })
    },
    'response.done': ({ response }) => {
      const { id, status } = record(response)
      if (!text(id)) return malformed()
      turns.generated(id, status === 'cancelled' || status === 'failed')
      if (status !== 'failed') return
      emit({
        type: 'agent-error',
        error: toVoiceError(new VoiceAgentError('agent-error', 'The agent failed to answer.')),
        fatal: false,
      })
    },
    'output_audio_buffer.started': ({ response_id: id }) => turns.playing(id),
    'output_audio_buffer.stopped': ({ response_id: id }) => turns.played(id),
    'output_audio_buffer.cleared': ({ response_id: id }) => turns.cleared(id),
  }

  return {
    read(event) {
      const { type } = event
      if (Object.hasOwn(handlers, type)) handlers[type]?.(event)
      else if (!unused.test(type)) emit({ type: 'protocol-error', why: 'unknown' })
    },
    heard: () => turns.heard(),
    get isPlaying() {
      return turns.isPlaying
    },
    close: () => order.clear(),
  }
}
