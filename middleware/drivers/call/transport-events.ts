import type { Fact } from '../../live/state.js'
import type { TransportEvent } from './ports.js'

/** Tool arguments are stored, and sent to the next agent, as JSON. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null')

/**
 * Converts a provider's event to a fact for the store; null for events that concern the connection alone.
 * Pure except for `createId`.
 */
export function toFact(
  event: TransportEvent,
  { at, createId }: { at: number; createId: () => string },
): Fact | null {
  switch (event.type) {
    case 'user-speech-started':
      return { name: 'userSpeechStarted', payload: { id: createId(), at } }
    case 'user-speech-stopped':
      return { name: 'userSpeechStopped', payload: { at } }
    case 'user-transcript': {
      const { text, final } = event
      return { name: 'userTranscriptReceived', payload: { id: createId(), text, final, at } }
    }
    case 'assistant-turn-started':
      return { name: 'assistantTurnStarted', payload: { id: event.turnId, at } }
    case 'assistant-text':
      return { name: 'assistantTextAppended', payload: { id: event.turnId, delta: event.delta } }
    case 'assistant-text-replaced':
      return { name: 'assistantTextReplaced', payload: { id: event.turnId, text: event.text } }
    case 'assistant-turn-completed':
      return { name: 'assistantTurnCompleted', payload: { id: event.turnId } }
    case 'assistant-turn-interrupted':
      return { name: 'assistantTurnInterrupted', payload: { id: event.turnId } }
    case 'assistant-speech-started':
      return { name: 'assistantSpeechStarted', payload: undefined }
    case 'assistant-speech-stopped':
      return { name: 'assistantSpeechStopped', payload: undefined }
    case 'tool-call-started': {
      const { callId: id, name, arguments: args } = event
      return { name: 'toolCallStarted', payload: { id, name, arguments: asJson(args), at } }
    }
    case 'tool-call-stopped':
      return { name: 'toolCallStopped', payload: { id: event.callId, cancelled: event.cancelled } }
    case 'agent-error': {
      // Copies only these fields, because a transport's object may have more.
      const { code, message, recoverable } = event.error
      return { name: 'agentErrorReported', payload: { error: { code, message, recoverable } } }
    }
    case 'microphone':
      return { name: 'microphoneChanged', payload: { microphone: event.microphone } }
    case 'playback':
      return { name: 'playbackChanged', payload: { playback: event.playback } }
    case 'audio-level':
    // Counted per frame before it arrives here.
    case 'protocol-error':
    case 'connection-state':
    case 'agent-left':
      return null
  }
}
