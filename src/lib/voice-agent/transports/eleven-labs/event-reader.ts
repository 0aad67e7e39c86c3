import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { toVoiceError, VoiceAgentError } from '../../../../../store/index.js'
import { isRecord, readJson } from '../json-text.js'

/** Milliseconds that an answer with complete text may wait for its audio. */
const VOICE_MS = 1_500
/** Milliseconds to wait after an interruption for the words that were heard. */
const CORRECTION_MS = 300

type Fields = Record<string, unknown>

/** Events that do not affect the conversation. A test compares all events with the types of `@elevenlabs/types`. */
const unusedEvents = new Set([
  'agent_reasoning_response_part',
  'agent_tool_response_full_payload',
  'agent_typing',
  'asr_initiation_metadata',
  'audio',
  'context_usage',
  'external_agent_connected',
  'external_agent_disconnected',
  'guardrail_triggered',
  'internal_tentative_agent_response',
  'internal_turn_probability',
  'mcp_connection_status',
  'rich_content',
  'tentative_user_transcript',
  'vad_score',
])

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
const fieldsOf = (value: unknown): Fields => (isRecord(value) ? value : {})

/** The reader's calls to its transport. */
export interface EventListener {
  emit(event: TransportEvent): void
  createId(): string
  onReady(): void
  onPing(eventId: unknown): void
}

interface Turn {
  turnId: string
  eventId: unknown
  text: string
  isCut: boolean
}

/** Translates the events of one ElevenLabs connection. Source: the types of `@elevenlabs/types` 0.23. */
export function createEventReader({ emit, createId, onReady, onPing }: EventListener) {
  let turn: Turn | null = null
  let isSpeaking = false
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Running MCP tools and tools of the agent's own. */
  const running = new Set<string>()

  function end(isInterrupted: boolean) {
    clearTimeout(timer)
    if (!turn) return
    const { turnId, isCut } = turn
    turn = null
    emit({ type: isInterrupted || isCut ? 'assistantTurnInterrupted' : 'assistantTurnCompleted', turnId })
  }

  function begin(eventId: unknown): Turn {
    if (turn && turn.eventId === eventId) return turn
    end(false)
    const begun = { turnId: createId(), eventId, text: '', isCut: false }
    turn = begun
    emit({ type: 'assistantTurnStarted', turnId: begun.turnId })
    return begun
  }

  /** Waits before ending the turn: text runs ahead of the audio, which the user may still interrupt. */
  function complete() {
    clearTimeout(timer)
    if (!isSpeaking) timer = setTimeout(() => end(false), VOICE_MS)
  }

  function replaceText(turn: Turn, text: string) {
    if (turn.text === text) return
    turn.text = text
    emit({ type: 'assistantTextReplaced', turnId: turn.turnId, text })
  }

  function onPart({ type, text, event_id }: Fields) {
    const part = textOf(text)
    if (part === undefined || event_id === undefined) return malformed()
    const turn = begin(event_id)
    if (part !== '') {
      turn.text += part
      emit({ type: 'assistantTextAppended', turnId: turn.turnId, delta: part })
    }
    if (type === 'stop') complete()
  }

  function onResponse({ agent_response, event_id }: Fields) {
    const text = textOf(agent_response)
    if (text === undefined || event_id === undefined) return malformed()
    replaceText(begin(event_id), text)
    complete()
  }

  /** Handles the part of an interrupted answer that was heard. */
  function onCorrection({ corrected_agent_response }: Fields) {
    const text = textOf(corrected_agent_response)
    if (text === undefined) return malformed()
    if (turn) replaceText(turn, text)
    end(true)
  }

  function startTool(toolCallId: unknown, name: unknown, given: unknown) {
    const [id, tool] = [textOf(toolCallId), textOf(name)]
    if (id === undefined || tool === undefined) return malformed()
    if (running.has(id)) return
    running.add(id)
    emit({ type: 'toolCallStarted', toolCallId: id, name: tool, arguments: given ?? {} })
  }

  function stopTool(toolCallId: unknown, failed: boolean) {
    const id = textOf(toolCallId)
    if (id !== undefined && running.delete(id))
      emit({ type: 'toolCallStopped', toolCallId: id, cancelled: false, failed })
  }

  function onMcpTool({ tool_call_id, tool_name, parameters, state }: Fields) {
    startTool(tool_call_id, tool_name, parameters)
    if (state === 'awaiting_approval' && typeof tool_call_id === 'string')
      emit({ type: 'toolApprovalNeeded', toolCallId: tool_call_id })
    if (state === 'success' || state === 'failure') stopTool(tool_call_id, state === 'failure')
  }

  function onToolResponse({ tool_name, tool_call_id, is_error }: Fields) {
    stopTool(tool_call_id, is_error === true)
    if (tool_name === 'end_call') emit({ type: 'agentLeft' })
  }

  function onError({ code, error_type }: Fields) {
    const providerCode = textOf(error_type) ?? (typeof code === 'number' ? String(code) : undefined)
    const error = toVoiceError(new VoiceAgentError('agent-error', undefined, { providerCode }))
    emit({ type: 'agentErrorReported', error, fatal: error_type === 'max_duration_exceeded' })
  }

  function malformed() {
    emit({ type: 'protocolError', why: 'malformed' })
  }

  const readers: Record<string, (event: Fields) => void> = {
    conversation_initiation_metadata: onReady,
    ping: ({ ping_event }) => onPing(fieldsOf(ping_event).event_id),
    user_transcript({ user_transcription_event }) {
      const text = textOf(fieldsOf(user_transcription_event).user_transcript)
      if (text === undefined) return malformed()
      emit({ type: 'userTranscriptReceived', text, final: true })
    },
    agent_chat_response_part: ({ text_response_part }) => onPart(fieldsOf(text_response_part)),
    agent_response: ({ agent_response_event }) => onResponse(fieldsOf(agent_response_event)),
    agent_response_correction: ({ agent_response_correction_event }) =>
      onCorrection(fieldsOf(agent_response_correction_event)),
    interruption() {
      if (!turn) return
      turn.isCut = true
      clearTimeout(timer)
      timer = setTimeout(() => end(true), CORRECTION_MS)
    },
    client_tool_call({ client_tool_call }) {
      const { tool_call_id, tool_name, parameters } = fieldsOf(client_tool_call)
      startTool(tool_call_id, tool_name, parameters)
    },
    agent_tool_request({ agent_tool_request }) {
      const { tool_call_id, tool_name, tool_type } = fieldsOf(agent_tool_request)
      // The app's tools arrive as `client_tool_call`, and MCP tools as `mcp_tool_call`.
      if (tool_type !== 'client' && tool_type !== 'mcp') startTool(tool_call_id, tool_name, {})
    },
    agent_tool_response: ({ agent_tool_response }) => onToolResponse(fieldsOf(agent_tool_response)),
    mcp_tool_call: ({ mcp_tool_call }) => onMcpTool(fieldsOf(mcp_tool_call)),
    error: ({ error_event }) => onError(fieldsOf(error_event)),
  }

  return {
    read(text: string) {
      const event = readJson(text)
      const type = isRecord(event) ? event.type : undefined
      if (!isRecord(event) || typeof type !== 'string') return malformed()
      const read = Object.hasOwn(readers, type) ? readers[type] : undefined
      if (read) read(event)
      else if (!unusedEvents.has(type)) emit({ type: 'protocolError', why: 'unknown' })
    },
    /** Call it when the room measures that the agent became audible or silent. */
    setSpeaking(next: boolean) {
      if (next === isSpeaking) return
      isSpeaking = next
      emit({ type: next ? 'assistantSpeechStarted' : 'assistantSpeechStopped' })
      clearTimeout(timer)
      if (!next) complete()
    },
    /** Call it when the app's tool has answered. */
    settleTool: (toolCallId: string) => running.delete(toolCallId),
    close: () => clearTimeout(timer),
  }
}
