/** Characters of a conversation's name: a longer one is cut. */
export const maxTitleLength = 120

/** Cuts a text, never within a character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const isWithinPair = /[\uD800-\uDBFF]/.test(text.charAt(length - 1))
  return text.slice(0, isWithinPair ? length - 1 : length)
}

/** Returns a conversation's name as it is saved: on one line, without control characters. Null if nothing is left of it. */
export function toTitle(text: unknown): string | null {
  if (typeof text !== 'string') return null
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return cut(line, maxTitleLength).trim() || null
}

/** Returns a session's head with this name; without one, the field is absent. */
export function withTitle<Head extends { title?: string }>(
  { title: _, ...head }: Head,
  title: string | null,
): Omit<Head, 'title'> & { title?: string } {
  return title === null ? head : { ...head, title }
}
