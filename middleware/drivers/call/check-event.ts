import {
  errorCodes,
  type MicrophoneState,
  type PlaybackState,
  type VoiceErrorCode,
} from '../../../store/index.js'
import type { TransportEvent } from './ports.js'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const flag: Check = (value) => typeof value === 'boolean'
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const oneOf =
  <Word extends string>(words: readonly Word[]): Check =>
  (value) =>
    (words as readonly unknown[]).includes(value)
const fieldsOf =
  (checks: Record<string, Check>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name]))

const json: Check = (value) => {
  try {
    JSON.stringify(value)
    return true
  } catch {
    return false
  }
}

const microphones = [
  ...['off', 'prompting', 'live', 'muted', 'denied', 'dismissed', 'denied-by-system', 'denied-by-policy'],
  ...['missing', 'busy', 'overconstrained', 'unsupported', 'ended'],
] as MicrophoneState[]
const playbacks: PlaybackState[] = ['idle', 'playing', 'blocked']
const error = fieldsOf({ code: oneOf<VoiceErrorCode>(errorCodes), message: text, recoverable: flag })

/** The fields that each event must have besides its type. */
const checks: {
  [Event in TransportEvent as Event['type']]: { [Field in Exclude<keyof Event, 'type'>]: Check }
} = {
  'user-speech-started': {},
  'user-speech-stopped': {},
  'user-transcript': { text, final: flag },
  'assistant-turn-started': { turnId: text },
  'assistant-text': { turnId: text, delta: text },
  'assistant-text-replaced': { turnId: text, text },
  'assistant-turn-completed': { turnId: text },
  'assistant-turn-interrupted': { turnId: text },
  'assistant-speech-started': {},
  'assistant-speech-stopped': {},
  'connection-state': { state: oneOf(['connected', 'disconnected', 'failed', 'closed']) },
  'tool-call-started': { callId: text, name: text, arguments: json },
  'tool-call-stopped': { callId: text, cancelled: flag },
  'agent-left': {},
  'agent-error': { error, fatal: flag },
  'protocol-error': { why: oneOf(['malformed', 'unknown']) },
  microphone: { microphone: oneOf(microphones) },
  playback: { playback: oneOf(playbacks) },
  'audio-level': { source: oneOf(['microphone', 'agent']), level: number },
}

/** Checks an event of a transport, which may be an app's own. An invalid one becomes a protocol error, and changes nothing else. */
export function checkEvent(emitted: unknown): TransportEvent {
  const { type } = (emitted ?? {}) as { type?: unknown }
  const isText = typeof type === 'string'
  const isKnown = isText && Object.hasOwn(checks, type)
  if (isKnown && fieldsOf(checks[type as TransportEvent['type']])(emitted)) return emitted as TransportEvent
  return { type: 'protocol-error', why: isKnown || !isText ? 'malformed' : 'unknown' }
}
