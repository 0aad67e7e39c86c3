import { fromBase64Url, toBase64Url } from '../storage/records/record.js'

/** Bytes. Its type is derived, because TypeScript before 5.7 can't read a generic `Uint8Array`. */
export type Bytes = ReturnType<Uint8Array['slice']>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export const encodeText = (text: string): Bytes => encoder.encode(text)

/** @throws TypeError for bytes that are not UTF-8 */
export const decodeText = (bytes: BufferSource): string => decoder.decode(bytes)

export const randomBytes = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length))

/** Decodes base64url. Returns null for other text, and for non-canonical encodings of the same bytes. */
export function fromText(text: unknown): Bytes | null {
  if (typeof text !== 'string' || !/^[\w-]*$/.test(text)) return null
  try {
    const bytes = fromBase64Url(text)
    return toBase64Url(bytes) === text ? bytes : null
  } catch {
    return null
  }
}
