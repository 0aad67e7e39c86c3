import { isRecord, readJson } from '../json-text.js'

/** An event of OpenAI's whose fields nobody has checked yet. */
export interface ServerEvent extends Record<string, unknown> {
  type: string
}

/** Reads one text of the data channel; null for what is no event. Never throws. */
export function parseServerEvent(text: string): ServerEvent | null {
  const read = readJson(text)
  if ('malformed' in read || !isRecord(read.value)) return null
  const { type } = read.value
  return typeof type === 'string' ? { ...read.value, type } : null
}
