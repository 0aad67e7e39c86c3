import type { ConnectRequest } from '../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { isRecord, readJson } from './json-text.js'

/** Describes a request for error messages. Omits the query and any credentials before the host, because they may be secret. */
export const describeRequest = (method: string, url: string) =>
  `\`${method} ${url.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')}\``

/** Describes an answer that lacks required fields, such as the HTML of a single-page app. */
export const describeAnswer = (
  request: string,
  fields: readonly string[],
  { status, headers }: Pick<Response, 'status' | 'headers'>,
) =>
  `${request} must answer { ${fields.join(', ')} } as JSON; it answered ${status} with ${headers.get('Content-Type') ?? 'no content type'}`

/** Longest wait to accept from a server, in milliseconds. */
const LONGEST_RETRY_AFTER_MS = 60 * 60_000

/**
 * Parses a `Retry-After` header, in seconds or as a date (RFC 9110, 10.2.3).
 *
 * @param now Milliseconds since the epoch.
 * @returns milliseconds from now, at most an hour; undefined without a usable header
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS)
}

/** Time limit for the signalling server's response, in milliseconds. */
const ANSWER_LIMIT_MS = 15_000

/** True for a temporary failure (RFC 9110, RFC 6585). Any status with `Retry-After` is one. */
export const isTemporary = (status: number, retryAfterMs: number | undefined) =>
  status >= 500 || [408, 425, 429].includes(status) || retryAfterMs !== undefined

/** False for 202 with `Retry-After`: the request was accepted, but is not answered yet. */
export const isAnswer = ({ ok, status }: Pick<Response, 'ok' | 'status'>, retryAfterMs: number | undefined) =>
  ok && (status !== 202 || retryAfterMs === undefined)

export interface SignallingRequest {
  method: 'POST' | 'PATCH'
  /** Sent in the `Authorization` header only. */
  token: string
  headers: Record<string, string>
  body: string
  /** Status codes that do not reject, because the caller handles them. @default none */
  acceptedStatuses?: readonly number[]
  signal: AbortSignal
}

/** A response with its whole body, because a connection that breaks in the middle of it is a temporary failure. */
export interface SignallingAnswer {
  status: number
  headers: Headers
  /** Final URL of the response. */
  url: string
  text: string
}

/** A final refusal by the server. */
export class RefusedRequest extends VoiceAgentError {
  constructor(
    /** Status of the response. */
    readonly status: number,
    detail: string,
    providerCode?: unknown,
  ) {
    super('signalling-rejected', detail, { providerCode })
  }
}

/** Reads the code from an error body, `{ "error": { "code" } }`, as OpenAI, Azure and others send it. Returns undefined if there is none. */
function readErrorCode(text: string): unknown {
  const body = readJson(text)
  if (!isRecord(body) || !isRecord(body.error)) return undefined
  return body.error.code ?? body.error.type
}

/**
 * Sends one request to a signalling server and classifies its failure. Errors contain neither the token nor text from the
 * server.
 *
 * @throws VoiceAgentError `unauthorized` for 401; `signalling-rejected`, final, for other 4xx; `signalling-unavailable` if a
 * retry may help
 */
export async function signallingRequest(
  url: string,
  { method, token, headers, body, acceptedStatuses = [], signal }: SignallingRequest,
): Promise<SignallingAnswer> {
  const request = describeRequest(method, url)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method,
      headers: { ...headers, Authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
    })
    text = await response.text()
  } catch (cause) {
    signal.throwIfAborted()
    throw new VoiceAgentError('signalling-unavailable', `${request} must answer; it did not.`, { cause })
  }
  const { status, headers: received, url: finalUrl } = response
  const retryAfterMs = parseRetryAfter(received.get('Retry-After'), Date.now())
  if (isAnswer(response, retryAfterMs) || acceptedStatuses.includes(status))
    return { status, headers: received, url: finalUrl, text }
  signal.throwIfAborted()
  const providerCode = readErrorCode(text)
  if (status === 401)
    throw new VoiceAgentError('unauthorized', `${request} must accept the token; it answered 401.`, {
      providerCode,
    })
  if (!isTemporary(status, retryAfterMs)) {
    throw new RefusedRequest(status, `${request} must answer 2xx; it answered ${status}.`, providerCode)
  }
  throw new VoiceAgentError(
    'signalling-unavailable',
    `${request} must succeed; it answered ${status}. A retry may help.`,
    { providerCode, retryAfterMs },
  )
}

/** A connection that is being established, for options that depend on it. */
export interface TransportCall {
  apiEndpoint: string
  /** Agent session that the token belongs to. */
  sessionId: string
  token: string
  /** URL that was returned with the token, if any. */
  url?: string
  /** Aborts when the connection is no longer wanted. */
  signal: AbortSignal
}

/** A URL, or a function that is called for each connection. */
export type CallUrl<Call extends TransportCall = TransportCall> =
  | string
  | ((call: Call) => string | Promise<string>)

/** Picks the fields that a URL may depend on. */
export function transportCall(
  apiEndpoint: string,
  request: ConnectRequest,
  signal: AbortSignal,
): TransportCall {
  const { sessionId, token, url } = request
  return { apiEndpoint, sessionId, token, ...(url === undefined ? {} : { url }), signal }
}

/** Returns the URL for a connection. Rejects with the error of the app's function, or if the connection is no longer wanted. */
export async function readUrl<Call extends TransportCall>(url: CallUrl<Call>, call: Call): Promise<string> {
  if (typeof url !== 'function') return url
  const read = await url(call)
  call.signal.throwIfAborted()
  return read
}
