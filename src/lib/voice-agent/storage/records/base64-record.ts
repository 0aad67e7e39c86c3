/** Encodes bytes as base64, for sessionStorage and for localforage drivers that store only JSON. */
export function toBase64(bytes: ArrayBuffer): string {
  const view = new Uint8Array(bytes)
  let binary = ''
  // Converts chunks, because an argument list of a whole segment overflows the stack.
  for (let start = 0; start < view.length; start += 8192) {
    binary += String.fromCharCode(...view.subarray(start, start + 8192))
  }
  return btoa(binary)
}

/** @throws DOMException `InvalidCharacterError` for text that is not base64 */
export function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer
}

/** Copies a record into a form that JSON can represent: bytes become `{ base64 }`. */
export function encodeRecord(record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      value instanceof ArrayBuffer ? { base64: toBase64(value) } : value,
    ]),
  )
}

/** Reverses {@link encodeRecord}. */
export function decodeRecord(encoded: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(encoded).map(([name, value]: [string, unknown]) => [
      name,
      isBase64(value) ? fromBase64(value.base64) : value,
    ]),
  )
}

function isBase64(value: unknown): value is { base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
}
