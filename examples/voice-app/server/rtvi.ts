import { randomUUID } from 'node:crypto'
import { isFields } from './bodies.js'

/** The RTVI version of this agent. */
export const rtviVersion = '2.1.0'

const label = 'rtvi-ai'

/** A message of the data channel, by kind. */
export type Inbound =
  | { kind: 'ping' }
  | { kind: 'signalling'; type: string }
  | { kind: 'rtvi'; id: string; type: string; data: Record<string, unknown> }
  | { kind: 'malformed'; reason: string }

/** Parses a message of the data channel; never throws. */
export function parseInbound(raw: unknown): Inbound {
  if (typeof raw !== 'string') return { kind: 'malformed', reason: 'Only text messages are read.' }
  if (raw.startsWith('ping')) return { kind: 'ping' }
  let message: unknown
  try {
    message = JSON.parse(raw)
  } catch {
    return { kind: 'malformed', reason: 'The message is not JSON.' }
  }
  if (!isFields(message)) return { kind: 'malformed', reason: 'The message is not an object.' }
  if (message.type === 'signalling') {
    const type = isFields(message.message) ? message.message.type : undefined
    return { kind: 'signalling', type: typeof type === 'string' ? type : '' }
  }
  if (message.label !== label) return { kind: 'malformed', reason: `The label is not "${label}".` }
  if (typeof message.type !== 'string') return { kind: 'malformed', reason: 'The message has no type.' }
  return {
    kind: 'rtvi',
    id: typeof message.id === 'string' ? message.id : '',
    type: message.type,
    data: isFields(message.data) ? message.data : {},
  }
}

/** The answer to a ping, as JSON without a label, because Pipecat's own client logs an error for any other text. */
export const pong = JSON.stringify({ type: 'pong' })

/** Tells a client that its session continues on another device, so that it does not reconnect. */
export const movedAway = JSON.stringify({
  type: 'signalling',
  message: { type: 'peerLeft', reason: 'moved' },
})

/** Builds an RTVI message. An answer has the id of its request. */
export function buildRtvi(
  type: string,
  data?: Record<string, unknown>,
  id = randomUUID().slice(0, 8),
): string {
  return JSON.stringify({ id, label, type, ...(data === undefined ? {} : { data }) })
}
