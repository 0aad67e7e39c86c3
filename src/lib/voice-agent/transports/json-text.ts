/** Maximum characters of a message to parse. A data channel carries at most 256 KiB. */
export const MAX_MESSAGE_LENGTH = 262_144
/** Maximum nesting to parse. Code that recurses over the state, such as Redux's checks, overflows on thousands of levels. */
const MAX_DEPTH = 64

/** Returns true if a JSON text nests too deeply. Brackets in strings do not count. */
function isTooDeep(json: string): boolean {
  if (json.length <= MAX_DEPTH) return false
  let depth = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth > MAX_DEPTH) return true
  }
  return false
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null)

/** Parses untrusted text. Returns undefined if it is not JSON, too large or nested too deeply. Never throws. */
export function readJson(text: string): unknown {
  if (text.length > MAX_MESSAGE_LENGTH || isTooDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
