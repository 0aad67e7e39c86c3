import { VoiceAgentError } from '../../../../store/index.js'

/** A signalling server that has not answered by then is taken for gone, in milliseconds. */
const timeout = 15_000

/** Status codes of the 4xx range that say "later", not "never" (RFC 9110, RFC 6585). */
const retryable = new Set([408, 425, 429])

/** Milliseconds from a `Retry-After` header: seconds or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

export interface SignallingRequest {
  method: 'POST' | 'PATCH'
  /** Goes into the `Authorization` header and nowhere else. */
  token: string
  headers: Record<string, string>
  body: string
  /** Status codes that the caller understands: no error is made of them. @default none */
  understood?: readonly number[]
  signal: AbortSignal
}

/**
 * One request to a signalling server, its failures told apart. Neither the token nor the server's words get into an error.
 *
 * @throws VoiceAgentError `unauthorized` for 401; `signalling-rejected`, final, for any other 4xx; `signalling-unavailable`
 * when it may help to try again.
 */
export async function signallingRequest(
  url: string,
  { method, token, headers, body, understood = [], signal }: SignallingRequest,
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: { ...headers, Authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    })
  } catch (cause) {
    signal.throwIfAborted()
    throw new VoiceAgentError('signalling-unavailable', undefined, { cause })
  }
  const { ok, status } = response
  if (ok || understood.includes(status)) return response
  if (status === 401) throw new VoiceAgentError('unauthorized')
  if (status < 500 && !retryable.has(status)) {
    throw new VoiceAgentError('signalling-rejected', `The agent refused the call (HTTP ${status}).`)
  }
  const retryAfterMs = parseRetryAfter(response.headers.get('Retry-After'), Date.now())
  throw new VoiceAgentError(
    'signalling-unavailable',
    `The agent can't be reached just now (HTTP ${status}). Your conversation is kept.`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  )
}
