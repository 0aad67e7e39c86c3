import type { UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from '../../store/index.js'
import type { TransportEvent } from './ports.js'

/**
 * The action that tells the store of a provider's event; null for what concerns the connection, which the call handles.
 * Pure but for `createId`.
 */
export function toAction(
  event: TransportEvent,
  { actions, at, createId }: { actions: VoiceAgentActions; at: number; createId: () => string },
): UnknownAction | null {
  switch (event.type) {
    case 'user-speech-started':
      return actions.userSpeechStarted({ id: createId(), at })
    case 'user-speech-stopped':
      return actions.userSpeechStopped({ at })
    case 'user-transcript':
      return actions.userTranscriptReceived({ id: createId(), text: event.text, final: event.final, at })
    case 'assistant-turn-started':
      return actions.assistantTurnStarted({ id: event.turnId, at })
    case 'assistant-text':
      return actions.assistantTextAppended({ id: event.turnId, delta: event.delta })
    case 'assistant-text-replaced':
      return actions.assistantTextReplaced({ id: event.turnId, text: event.text })
    case 'assistant-turn-completed':
      return actions.assistantTurnCompleted({ id: event.turnId })
    case 'assistant-turn-interrupted':
      return actions.assistantTurnInterrupted({ id: event.turnId })
    case 'assistant-speech-started':
      return actions.assistantSpeechStarted()
    case 'assistant-speech-stopped':
      return actions.assistantSpeechStopped()
    case 'tool-call-started':
      return actions.toolCallStarted({ id: event.callId, name: event.name, arguments: event.arguments, at })
    case 'tool-call-stopped':
      return actions.toolCallStopped({ id: event.callId, cancelled: event.cancelled })
    case 'agent-error': {
      // Nothing else that a transport's object may have.
      const { code, message, recoverable } = event.error
      return actions.agentErrorReported({ error: { code, message, recoverable } })
    }
    case 'microphone':
      return actions.microphoneChanged({ microphone: event.microphone })
    case 'playback':
      return actions.playbackChanged({ playback: event.playback })
    case 'audio-level':
    // Counted over a frame before it gets here.
    case 'protocol-error':
    case 'connection-state':
    case 'agent-left':
      return null
  }
}
