import type { ConnectRequest } from '../../../../middleware/drivers/call/ports.js'

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
