import { isErrorCode } from '../../store/index.js'
import type { TransportEvent } from './ports.js'

const text = ''
const flag = true
const ofTurn = { turnId: text }

/** What each event must have besides its type: a value of the same type, one of a list, or one that a function lets pass. */
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
  'connection-state': { state: ['connected', 'disconnected', 'failed', 'closed'] },
  'tool-call-started': { callId: text, name: text, arguments: () => true },
  'tool-call-stopped': { callId: text, cancelled: flag },
  'agent-left': {},
  'agent-error': { error: { code: isErrorCode, message: text, recoverable: flag }, fatal: flag },
  'protocol-error': { why: ['malformed', 'unknown'] },
  microphone: {
    microphone: (state: unknown) =>
      typeof state === 'string' &&
      (['off', 'prompting', 'live', 'muted'].includes(state) || isErrorCode(`microphone-${state}`)),
  },
  playback: { playback: ['idle', 'playing', 'blocked'] },
  'audio-level': { source: ['microphone', 'agent'], level: Number.isFinite },
}

function isLike(value: unknown, like: unknown): boolean {
  if (typeof like === 'function') return like(value)
  if (Array.isArray(like)) return like.includes(value)
  if (typeof like !== 'object') return typeof value === typeof like
  const given = (value ?? {}) as Record<string, unknown>
  return Object.entries(like ?? {}).every(([name, field]) => isLike(given[name], field))
}

/** What a transport emitted, which may be an app's own; where it is no event, the protocol error that it is instead. */
export function checkEvent(emitted: unknown): TransportEvent {
  const { type } = (emitted ?? {}) as { type?: unknown }
  if (typeof type !== 'string') return { type: 'protocol-error', why: 'malformed' }
  if (!Object.hasOwn(fields, type)) return { type: 'protocol-error', why: 'unknown' }
  const isWhole = isLike(emitted, fields[type as TransportEvent['type']])
  return isWhole ? (emitted as TransportEvent) : { type: 'protocol-error', why: 'malformed' }
}
