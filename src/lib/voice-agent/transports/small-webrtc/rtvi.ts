import { nanoid } from '@reduxjs/toolkit'
import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { isRecord, readJson, textOrNull } from '../json-text.js'

/** Version of the RTVI protocol that this client implements. */
export const RTVI_VERSION = '2.1.0'

/** An RTVI message with unchecked `data`. */
interface RtviMessage {
  type: string
  data: Record<string, unknown>
  /** The data if it is not an object: a message for the app may be any JSON. */
  content?: unknown
}

/**
 * Parses one message of the data channel. Never throws.
 *
 * @returns `moved` if the session continues on another device; `ignored` for a keepalive response, and for any transport signal except `peerLeft`
 */
export function parseInbound(text: string): RtviMessage | 'peer-left' | 'moved' | 'ignored' | 'malformed' {
  const value = readJson(text)
  if (!isRecord(value) || typeof value.type !== 'string') return 'malformed'
  const { type, label, message, data } = value
  if (type === 'pong') return 'ignored'
  if (type === 'signalling') {
    if (!isRecord(message) || message.type !== 'peerLeft') return 'ignored'
    return message.reason === 'moved' ? 'moved' : 'peer-left'
  }
  if (label !== 'rtvi-ai') return 'malformed'
  if (type === 'server-message' && isRecord(data) && data.type === 'session' && data.moved === true)
    return 'moved'
  return isRecord(data)
    ? { type, data }
    : { type, data: {}, ...(data === undefined ? {} : { content: data }) }
}

/** Formats an RTVI message to the agent. */
export function formatRtvi(type: string, data: unknown, id = nanoid(8)): string {
  return JSON.stringify({ id, label: 'rtvi-ai', type, data })
}

/** Reads name and data of each RTVI message for the app. Source: RTVI 2.1, message types. */
const appReaders: Record<string, (message: RtviMessage) => { name: string | null; data: unknown }> = {
  'server-message': ({ data, content = data }) => ({ name: null, data: content }),
  'server-response': ({ data: { t, d } }) => ({ name: textOrNull(t), data: d }),
  'error-response': ({ data }) => ({ name: null, data }),
  'ui-command': ({ data: { command, payload } }) => ({ name: textOrNull(command), data: payload }),
  'ui-job-group': ({ data, content = data }) => ({ name: null, data: content }),
  metrics: ({ data }) => ({ name: null, data }),
}

interface Segment {
  text: string
  willBeSpoken: boolean
}

const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

function spokenPart(data: Record<string, unknown>): string | null {
  const { spoken_progress: progress } = data
  return isRecord(progress) ? textOrNull(progress.accumulated_text) : null
}

/** One turn of the bot, assembled from whichever RTVI text messages the bot sends. */
function createBotTurn(id: string, emit: (event: TransportEvent) => void) {
  const segments = new Map<unknown, Segment>()
  let source: 'output' | 'llm' | 'tts' | null = null
  let shown = ''
  let written = ''
  /** Written text without the words spoken so far. */
  let unspoken = ''
  /** `matching` while each word reported as spoken is the next word of the written text; `none` before the first word. */
  let spokenWords: 'none' | 'matching' | 'other' = 'none'

  const heard = () =>
    [...segments.values()]
      .map((segment) => segment.text.trim())
      .filter((part) => part !== '')
      .join(' ')

  /** Returns the written text up to the last spoken word. Returns all of it if the spoken words differ, for example if numbers are spelled out. */
  function spokenText(): string {
    if (spokenWords !== 'matching') return shown
    const whole = inOneLine(written)
    return whole.slice(0, whole.length - inOneLine(unspoken).length).trimEnd()
  }

  function heardText(): string {
    return heard() || (source === 'llm' ? spokenText() : shown)
  }

  /** Emits a delta if text was only appended, otherwise the whole text. */
  function show(text: string) {
    if (text === shown) return
    if (text.startsWith(shown))
      emit({ type: 'assistantTextAppended', turnId: id, delta: text.slice(shown.length) })
    else emit({ type: 'assistantTextReplaced', turnId: id, text })
    shown = text
  }

  return {
    id,
    /** True if any segment is spoken or will be. */
    get isSpoken(): boolean {
      return [...segments.values()].some(({ willBeSpoken }) => willBeSpoken)
    },
    /** True if there are segments and none of them will be spoken. */
    get isSilent(): boolean {
      return segments.size > 0 && !this.isSpoken
    },
    /** Returns true if the segment is part of the language model's text. */
    contains: (segment: unknown) =>
      typeof segment === 'string' && inOneLine(written).includes(inOneLine(segment)),
    /** True if there is any text or an announced segment. */
    get hasText(): boolean {
      return shown !== '' || segments.size > 0
    },
    /** True if the bot reported that only a part was heard. */
    get isCutShort(): boolean {
      return inOneLine(heardText()).length < inOneLine(written || shown).length
    },
    /** Marks words as spoken. Returns false if they are not the next unspoken words of the language model's text. */
    consumeSpoken(words: string): boolean {
      const rest = inOneLine(unspoken)
      if (!rest.startsWith(inOneLine(words))) {
        spokenWords = 'other'
        return false
      }
      if (spokenWords === 'none') spokenWords = 'matching'
      unspoken = rest.slice(inOneLine(words).length)
      return true
    },
    /** Handles `bot-output`: the spoken part of a segment, or a whole unspoken one. Preferred over the other messages. */
    output(data: Record<string, unknown>) {
      if (typeof data.text !== 'string') return
      // RTVI 1 has no segment ids and sends the same words twice, as text and as speech. Other messages contain them once.
      if (data.segment_id === undefined && typeof data.spoken === 'boolean') return
      const key = data.segment_id ?? segments.size
      const willBeSpoken = data.will_be_spoken === true
      // Shows text as it is spoken, so that after an interruption, the message is what the user heard.
      const isAhead = willBeSpoken && data.spoken_status === 'new'
      const text = spokenPart(data) ?? (isAhead ? '' : data.text)
      segments.set(key, { text, willBeSpoken })
      // Keeps longer text from the language model that is already shown.
      if (source === 'llm' && inOneLine(written).startsWith(inOneLine(heard()))) return
      source = 'output'
      show(heard())
    },
    /** Handles `bot-llm-text`, and `bot-tts-text` if the bot sends no other text. */
    text(from: 'llm' | 'tts', text: string) {
      if (from === 'llm') {
        written += text
        unspoken += text
      } else this.consumeSpoken(text)
      if (source === 'output' || (source === 'llm' && from === 'tts')) return
      if (source !== from) {
        source = from
        show('')
      }
      // Appends without comparing, so that the cost of a delta does not grow with the answer.
      const delta = from === 'tts' && shown !== '' ? ` ${text}` : text
      if (delta === '') return
      emit({ type: 'assistantTextAppended', turnId: id, delta })
      shown += delta
    },
    /** Replaces the text with the part that was heard, if the bot reported it. */
    truncateToHeard() {
      show(heardText())
    },
  }
}

type BotTurn = ReturnType<typeof createBotTurn>

/** RTVI messages that do not affect the conversation. */
const unused = new Set([
  'append-to-context-result',
  'bot-llm-marker',
  'bot-ready',
  'bot-transcription',
  'bot-tts-audio',
  'bot-tts-started',
  'bot-tts-stopped',
  'llm-function-call',
  'llm-function-call-started',
  'llm-raw-text',
  'stt-raw-text',
  'tts-raw-text',
  'user-audio-level',
  'bot-audio-level',
  'user-input',
  'user-llm-text',
  'user-mute-started',
  'user-mute-stopped',
  'bot-llm-search-response',
  'system-log',
  'vad-user-started-speaking',
  'vad-user-stopped-speaking',
])

/**
 * Translates the RTVI messages of one connection into transport events. Unknown types are ignored, as RTVI requires, and
 * counted.
 * Source: RTVI 2.1, message types.
 */
export function createRtviReader(
  emit: (event: TransportEvent) => void,
  createId: () => string,
): (message: RtviMessage) => void {
  let turn: BotTurn | null = null
  /** The last turn. Its speech may arrive after it was completed. */
  let previousTurn: BotTurn | null = null
  let isThinking = false
  let isSpeaking = false
  /** True once this bot has spoken, because it will then speak its next answer too. */
  let botSpeaks = false
  /** True once the bot speaks in the current turn. */
  let hasBegunToSpeak = false
  /** True if the user started speaking while the bot was. */
  let isInterrupting = false
  /** True once this bot has sent the text of an answer before it was spoken. */
  let botWrites = false
  /** True from an interruption to the start of the next answer. Words that arrive in between belong to the interrupted answer. */
  let isCutOff = false

  function ensureTurn() {
    if (!turn) {
      hasBegunToSpeak = isSpeaking
      turn = createBotTurn(createId(), emit)
      emit({ type: 'assistantTurnStarted', turnId: turn.id })
    }
    return turn
  }

  function finish(type: 'assistantTurnCompleted' | 'assistantTurnInterrupted') {
    if (turn) {
      if (type === 'assistantTurnInterrupted') turn.truncateToHeard()
      emit({ type, turnId: turn.id })
      previousTurn = turn
    }
    turn = null
  }

  /** Completes the turn if the bot neither generates nor speaks. */
  function finishIfOver() {
    if (!isThinking && !isSpeaking) finish('assistantTurnCompleted')
  }

  const malformed = () => emit({ type: 'protocolError', why: 'malformed' })

  const handlers: Record<string, (data: Record<string, unknown>) => void> = {
    'user-started-speaking': () => {
      isInterrupting = isSpeaking
      emit({ type: 'userSpeechStarted' })
    },
    'user-stopped-speaking': () => emit({ type: 'userSpeechStopped' }),
    'user-transcription': ({ text, final }) => {
      if (typeof text !== 'string') return malformed()
      emit({ type: 'userTranscriptReceived', text, final: final === true })
    },
    'bot-llm-started': () => {
      // The bot may still be speaking the previous turn. New text belongs to a new one.
      finish('assistantTurnCompleted')
      isThinking = true
      isCutOff = false
      previousTurn = null
      ensureTurn()
    },
    'bot-output': (data) => {
      if (typeof data.text !== 'string') return malformed()
      if (isCutOff && (data.spoken_status === 'in-progress' || data.spoken_status === 'completed')) return
      isCutOff = false
      // The speech of an answer that is already shown.
      if (!turn && previousTurn?.contains(data.text)) return
      botWrites = true
      ensureTurn().output(data)
    },
    'bot-llm-text': ({ text }) => {
      if (typeof text !== 'string') return malformed()
      if (isCutOff) return
      botWrites = true
      ensureTurn().text('llm', text)
    },
    'bot-tts-text': ({ text }) => {
      if (typeof text !== 'string') return malformed()
      if (isCutOff) return
      if (!turn && previousTurn?.consumeSpoken(text)) return
      ensureTurn().text('tts', text)
    },
    'bot-llm-stopped': () => {
      isThinking = false
      // A turn without text, such as a function call, is not spoken. A bot that writes nothing may still speak.
      if (turn && !turn.hasText && (botWrites || !botSpeaks)) return finish('assistantTurnCompleted')
      // A short answer is complete before its first word is spoken.
      const isSpeechToCome = !hasBegunToSpeak && (turn?.isSpoken || (botSpeaks && !turn?.isSilent))
      if (!isSpeechToCome) finishIfOver()
    },
    'bot-started-speaking': () => {
      isSpeaking = botSpeaks = hasBegunToSpeak = true
      isInterrupting = isCutOff = false
      emit({ type: 'assistantSpeechStarted' })
    },
    'bot-stopped-speaking': () => {
      isSpeaking = false
      // Bots before RTVI 2 do not report interruptions.
      if (isInterrupting && turn && (isThinking || turn.isCutShort)) {
        isThinking = false
        finish('assistantTurnInterrupted')
      }
      isInterrupting = false
      finishIfOver()
      emit({ type: 'assistantSpeechStopped' })
    },
    'bot-interrupted': () => {
      isThinking = isInterrupting = false
      isCutOff = true
      // Reported even before the answer has started, because none will follow.
      if (!turn) return emit({ type: 'assistantTurnInterrupted', turnId: createId() })
      finish('assistantTurnInterrupted')
    },
    'llm-function-call-in-progress': ({ tool_call_id: toolCallId, function_name: name, arguments: args }) => {
      if (typeof toolCallId !== 'string' || toolCallId === '') return malformed()
      emit({
        type: 'toolCallStarted',
        toolCallId,
        name: typeof name === 'string' ? name : '',
        arguments: args ?? {},
      })
    },
    'llm-function-call-stopped': ({ tool_call_id: toolCallId, cancelled }) => {
      if (typeof toolCallId !== 'string') return malformed()
      emit({ type: 'toolCallStopped', toolCallId, cancelled: cancelled === true })
    },
    error: ({ fatal }) => {
      // The bot's error text may contain private data, so it is neither shown nor stored.
      const error = toVoiceError(new VoiceAgentError('agent-error'))
      emit({ type: 'agentErrorReported', error, fatal: fatal === true })
    },
  }

  return (message) => {
    const { type, data } = message
    if (Object.hasOwn(handlers, type)) handlers[type]?.(data)
    // Cast, because the table's keys are message kinds.
    else if (Object.hasOwn(appReaders, type))
      emit({ type: 'agentMessageReceived', kind: type, ...appReaders[type]?.(message) } as TransportEvent)
    else if (!unused.has(type)) emit({ type: 'protocolError', why: 'unknown' })
  }
}
