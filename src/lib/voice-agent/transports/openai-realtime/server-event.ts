import { isRecord, readJson } from '../json-text.js'

/** An event from OpenAI with unchecked fields. */
export interface ServerEvent extends Record<string, unknown> {
  type: string
}

/** Parses one message of the data channel. Returns null if it is not an event. Never throws. */
export function parseServerEvent(text: string): ServerEvent | null {
  const read = readJson(text)
  if ('malformed' in read || !isRecord(read.value)) return null
  const { type } = read.value
  return typeof type === 'string' ? { ...read.value, type } : null
}
