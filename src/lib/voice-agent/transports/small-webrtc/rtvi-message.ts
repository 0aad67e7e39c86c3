import { nanoid } from '@reduxjs/toolkit'
import { isRecord, readJson } from '../json-text.js'

/** Version of the RTVI protocol that this client implements. */
export const rtviVersion = '2.1.0'

/** An RTVI message with unchecked `data`. */
export interface RtviMessage {
  type: string
  data: Record<string, unknown>
  /** The same, where it is no object: a message for the app may be any JSON. */
  content?: unknown
}

/**
 * Parses one message of the data channel. Never throws.
 *
 * @returns `moved` if the session continues on another device; `ignored` for the answer to a keepalive, and for a signal of the transport other than `peerLeft`
 */
export function parseInbound(text: string): RtviMessage | 'peer-left' | 'moved' | 'ignored' | 'malformed' {
  const value = readJson(text)
  if (!isRecord(value) || typeof value.type !== 'string') return 'malformed'
  const { type, label, message, data } = value
  if (type === 'pong') return 'ignored'
  if (type === 'signalling') {
    if (!isRecord(message) || message.type !== 'peerLeft') return 'ignored'
    return message.reason === 'moved' ? 'moved' : 'peer-left'
  }
  if (label !== 'rtvi-ai') return 'malformed'
  if (type === 'server-message' && isRecord(data) && data.type === 'session' && data.moved === true)
    return 'moved'
  return isRecord(data)
    ? { type, data }
    : { type, data: {}, ...(data === undefined ? {} : { content: data }) }
}

/** Formats an RTVI message to the agent. */
export function formatRtvi(type: string, data: unknown, id = nanoid(8)): string {
  return JSON.stringify({ id, label: 'rtvi-ai', type, data })
}
