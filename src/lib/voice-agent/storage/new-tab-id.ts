import { nanoid } from '@reduxjs/toolkit'

/** Not `randomUUID`: insecure origins don't have it. Where there is no WebCrypto at all, nothing is stored that the id could be mixed up in. */
export function newTabId(): string {
  const bytes = globalThis.crypto?.getRandomValues?.(new Uint8Array(16))
  return bytes ? Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') : nanoid()
}
