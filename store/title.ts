/** Maximum length of a conversation's name. Longer names are cut. */
export const MAX_TITLE_LENGTH = 120

/** Truncates a text without splitting a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const isWithinPair = /[\uD800-\uDBFF]/.test(text.charAt(length - 1))
  return text.slice(0, isWithinPair ? length - 1 : length)
}

/** Normalises a conversation's name for saving: one line, no control characters. Null if nothing is left. */
export function toTitle(text: unknown): string | null {
  if (typeof text !== 'string') return null
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return cut(line, MAX_TITLE_LENGTH).trim() || null
}

/** Returns the head with this name, or without the field if there is none. */
export function withTitle<Head extends { title?: string }>(
  { title: _, ...head }: Head,
  title: string | null,
): Omit<Head, 'title'> & { title?: string } {
  return title === null ? head : { ...head, title }
}
