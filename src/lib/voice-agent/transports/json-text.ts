/** Characters in one message: more than any that a data channel of 256 KiB carries says. */
export const longestMessage = 262_144
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

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads a text that a stranger sent. Never throws. */
export function readJson(
  text: string,
): { value: unknown } | { malformed: 'too-large' | 'too-deep' | 'not-json' } {
  if (text.length > longestMessage) return { malformed: 'too-large' }
  if (isTooDeep(text)) return { malformed: 'too-deep' }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { malformed: 'not-json' }
  }
}
