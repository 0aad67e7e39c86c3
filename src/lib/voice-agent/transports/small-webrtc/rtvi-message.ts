import { nanoid } from '@reduxjs/toolkit'

/** Version of the RTVI protocol that this client speaks. */
export const rtviVersion = '2.1.0'

/** An RTVI envelope whose `data` nobody has checked yet. */
export interface RtviMessage {
  id: string
  type: string
  data: Record<string, unknown>
}

/** What can arrive on the data channel. */
export type Inbound =
  | { kind: 'rtvi'; message: RtviMessage }
  /** The transport's own messages: `renegotiate`, `peerLeft`. */
  | { kind: 'signalling'; type: string }
  /** The answer to a keepalive. */
  | { kind: 'pong' }
  | { kind: 'malformed'; why: 'not-json' | 'no-envelope' | 'too-large' | 'too-deep' }

/** Characters in one message: more than any that a data channel of 256 KiB carries says. */
const longestMessage = 262_144
/** Levels of lists and objects: what recurses over a state, such as Redux's own checks, overflows its stack on thousands. */
const deepest = 64

/** Whether a JSON text nests deeper than that; brackets within its strings do not count. */
function isTooDeep(json: string): boolean {
  if (json.length <= deepest) return false
  let depth = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth > deepest) return true
  }
  return false
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads one text of the data channel. Never throws: what can't be read is `malformed`. */
export function parseInbound(text: string): Inbound {
  if (text.length > longestMessage) return { kind: 'malformed', why: 'too-large' }
  if (text.startsWith('pong')) return { kind: 'pong' }
  if (isTooDeep(text)) return { kind: 'malformed', why: 'too-deep' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'malformed', why: 'not-json' }
  }
  if (!isRecord(value) || typeof value.type !== 'string') return { kind: 'malformed', why: 'no-envelope' }
  if (value.type === 'signalling') {
    const { message } = value
    return {
      kind: 'signalling',
      type: isRecord(message) && typeof message.type === 'string' ? message.type : '',
    }
  }
  if (value.label !== 'rtvi-ai') return { kind: 'malformed', why: 'no-envelope' }
  return {
    kind: 'rtvi',
    message: {
      id: typeof value.id === 'string' ? value.id : '',
      type: value.type,
      data: isRecord(value.data) ? value.data : {},
    },
  }
}

/** The text of an RTVI message to the agent. */
export function formatRtvi(type: string, data: unknown): string {
  return JSON.stringify({ id: nanoid(8), label: 'rtvi-ai', type, data })
}
