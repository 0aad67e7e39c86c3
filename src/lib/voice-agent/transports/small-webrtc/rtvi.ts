import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { type BotTurn, createBotTurn } from './bot-turn.js'
import type { RtviMessage } from './rtvi-message.js'

/** RTVI messages that do not affect the conversation. */
const unused = new Set([
  'append-to-context-result',
  'bot-llm-marker',
  'bot-ready',
  'bot-transcription',
  'bot-tts-audio',
  'bot-tts-started',
  'bot-tts-stopped',
  'error-response',
  'llm-function-call',
  'llm-function-call-started',
  'llm-raw-text',
  'metrics',
  'server-message',
  'server-response',
  'stt-raw-text',
  'tts-raw-text',
  'ui-command',
  'ui-job-group',
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
  /** The last turn. Speech of it may arrive after it was completed. */
  let previousTurn: BotTurn | null = null
  let isThinking = false
  let isSpeaking = false
  /** True once this bot has spoken, because it will then speak its next answer too. */
  let botSpeaks = false
  /** True once the bot speaks in the current turn. */
  let hasBegunToSpeak = false
  /** True if the user has begun to speak while the bot did. */
  let isInterrupting = false
  /** True once this bot has sent the text of an answer before it was spoken. */
  let botWrites = false
  /** True from an interruption to the beginning of the next answer. Words that arrive then are a rest of the answer before. */
  let isCutOff = false

  function ensureTurn(): BotTurn {
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
      // The speech of an answer that is shown already.
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
      // A turn without a text, such as a function call, is not spoken. A bot that writes nothing may still speak.
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
      // Bots before RTVI 2 do not say that they were interrupted.
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
      // Also before the answer has begun: none is to come.
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

  return ({ type, data }) => {
    if (Object.hasOwn(handlers, type)) handlers[type]?.(data)
    else if (!unused.has(type)) emit({ type: 'protocolError', why: 'unknown' })
  }
}
