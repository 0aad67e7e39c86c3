import { nanoid } from '@reduxjs/toolkit'
import { isRecord, longestMessage, readJson } from '../json-text.js'

/** Version of the RTVI protocol that this client implements. */
export const rtviVersion = '2.1.0'

/** An RTVI envelope with unchecked `data`. */
export interface RtviMessage {
  id: string
  type: string
  data: Record<string, unknown>
}

/** A message from the data channel. */
export type Inbound =
  | { kind: 'rtvi'; message: RtviMessage }
  /** The transport's own messages: `renegotiate`, `peerLeft`. */
  | { kind: 'signalling'; type: string }
  /** The answer to a keepalive. */
  | { kind: 'pong' }
  | { kind: 'malformed'; why: 'not-json' | 'no-envelope' | 'too-large' | 'too-deep' }

/** Parses one message of the data channel. Never throws: an unreadable message is `malformed`. */
export function parseInbound(text: string): Inbound {
  if (text.startsWith('pong') && text.length <= longestMessage) return { kind: 'pong' }
  const read = readJson(text)
  if ('malformed' in read) return { kind: 'malformed', why: read.malformed }
  const { value } = read
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

/** Formats an RTVI message to the agent. */
export function formatRtvi(type: string, data: unknown): string {
  return JSON.stringify({ id: nanoid(8), label: 'rtvi-ai', type, data })
}
