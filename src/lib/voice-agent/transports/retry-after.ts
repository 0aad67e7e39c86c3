/**
 * Parses a `Retry-After` header, which has seconds or a date (RFC 9110, 10.2.3).
 *
 * @param now Milliseconds since the epoch.
 * @returns milliseconds from now; undefined without a usable header
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
