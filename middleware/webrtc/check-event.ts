import { isErrorCode } from '../../store/index.js'
import type { TransportEvent } from './ports.js'

type Check = (value: unknown) => boolean

const is =
  (type: 'string' | 'boolean'): Check =>
  (value) =>
    typeof value === type
const text = is('string')
const flag = is('boolean')
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value)
const ofTurn = { turnId: text }

/** What each event must have besides its type. */
const fields: {
  [Event in TransportEvent as Event['type']]: { [Field in Exclude<keyof Event, 'type'>]: Check }
} = {
  'user-speech-started': {},
  'user-speech-stopped': {},
  'user-transcript': { text, final: flag },
  'assistant-turn-started': ofTurn,
  'assistant-text': { turnId: text, delta: text },
  'assistant-text-replaced': { turnId: text, text },
  'assistant-turn-completed': ofTurn,
  'assistant-turn-interrupted': ofTurn,
  'assistant-speech-started': {},
  'assistant-speech-stopped': {},
  'connection-state': { state: oneOf('connected', 'disconnected', 'failed', 'closed') },
  'tool-call-started': { callId: text, name: text, arguments: () => true },
  'tool-call-stopped': { callId: text, cancelled: flag },
  'agent-left': {},
  'agent-error': { error: isError, fatal: flag },
  'protocol-error': { why: oneOf('malformed', 'unknown') },
  microphone: {
    microphone: (value) =>
      oneOf('off', 'prompting', 'live', 'muted')(value) || isErrorCode(`microphone-${value}`),
  },
  playback: { playback: oneOf('idle', 'playing', 'blocked') },
  'audio-level': { source: oneOf('microphone', 'agent'), level: Number.isFinite },
}

function isError(value: unknown): boolean {
  const { code, message, recoverable } = (value ?? {}) as Record<string, unknown>
  return isErrorCode(code) && text(message) && flag(recoverable)
}

/** What a transport emitted, which may be an app's own; where it is no event, the protocol error that it is instead. */
export function checkEvent(emitted: unknown): TransportEvent {
  const event = (emitted ?? {}) as Record<string, unknown>
  const { type } = event
  if (typeof type !== 'string') return { type: 'protocol-error', why: 'malformed' }
  if (!Object.hasOwn(fields, type)) return { type: 'protocol-error', why: 'unknown' }
  const checks: Record<string, Check> = fields[type as TransportEvent['type']]
  const isWhole = Object.entries(checks).every(([name, isValid]) => isValid(event[name]))
  return isWhole ? (emitted as TransportEvent) : { type: 'protocol-error', why: 'malformed' }
}
