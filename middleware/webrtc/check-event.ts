import type { TransportEvent } from './ports.js'

const text = ''
const flag = true
const ofTurn = { turnId: text }

/** What each event must have besides its type: a value of the same type; anything for undefined. */
const fields: {
  [Event in TransportEvent as Event['type']]: { [Field in Exclude<keyof Event, 'type'>]: unknown }
} = {
  'user-speech-started': {},
  'user-speech-stopped': {},
  'user-transcript': { text, final: flag },
  'assistant-turn-started': ofTurn,
  'assistant-text': { ...ofTurn, delta: text },
  'assistant-text-replaced': { ...ofTurn, text },
  'assistant-turn-completed': ofTurn,
  'assistant-turn-interrupted': ofTurn,
  'assistant-speech-started': {},
  'assistant-speech-stopped': {},
  'connection-state': { state: text },
  'tool-call-started': { callId: text, name: text, arguments: undefined },
  'tool-call-stopped': { callId: text, cancelled: flag },
  'agent-left': {},
  'agent-error': { error: { code: text, message: text, recoverable: flag }, fatal: flag },
  'protocol-error': { why: text },
  microphone: { microphone: text },
  playback: { playback: text },
  'audio-level': { source: text, level: 0 },
}

function isLike(value: unknown, like: unknown): boolean {
  if (like === undefined) return true
  if (typeof like !== 'object') return typeof value === typeof like
  const given = (value ?? {}) as Record<string, unknown>
  return Object.entries(like as object).every(([name, field]) => isLike(given[name], field))
}

/** What a transport emitted, which may be an app's own; where it is no event, the protocol error that it is instead. */
export function checkEvent(emitted: unknown): TransportEvent {
  const { type } = (emitted ?? {}) as { type?: unknown }
  const isText = typeof type === 'string'
  const isKnown = isText && Object.hasOwn(fields, type)
  if (isKnown && isLike(emitted, fields[type as TransportEvent['type']])) return emitted as TransportEvent
  return { type: 'protocol-error', why: isKnown || !isText ? 'malformed' : 'unknown' }
}
