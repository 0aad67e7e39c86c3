import type { TokenRefreshCallback, TokenRefreshRequest } from '../../../../middleware/drivers/token/ports.js'
import { parseExpiry } from '../../../../middleware/drivers/token/token-source.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { isRecord, readJson } from '../transports/json-text.js'
import {
  describeAnswer,
  describeRequest,
  isAnswer,
  isTemporary,
  parseRetryAfter,
} from '../transports/signalling-request.js'

/** Required fields of the answer. */
const fields = ['token', 'expiresAt', 'session_id']

function remediesFor(status: number): string[] {
  if (status === 404) return ['Check `apiEndpoint`: the package adds `/token` to it.']
  if (status < 500) return []
  return ["Read the server's log. A development proxy answers 500 or 502 if the server is not running."]
}

/** Clock difference to ignore, in milliseconds, because a `Date` header has whole seconds, and a response takes time. */
const TOLERATED_SKEW_MS = 10_000

/**
 * Converts the token's expiry to this device's clock, which may be hours off.
 * The server's clock is in the response's `Date` header (RFC 9110, 6.6.1). Other origins have to expose it. Without it,
 * the expiry is returned unchanged.
 */
function byLocalClock(expiresAt: unknown, date: string | null, now: number): unknown {
  const skew = date === null ? Number.NaN : Date.parse(date) - now
  const expiry = parseExpiry(expiresAt)
  return Math.abs(skew) > TOLERATED_SKEW_MS && Number.isFinite(expiry) ? expiry - skew : expiresAt
}

/**
 * Default for the option `refreshToken`: a POST to `${apiEndpoint}/token`, answered with `{ token, expiresAt, session_id }`.
 * Sends the id of the session to continue and, as proof of ownership, the current token.
 *
 * @param onServerTime Called with the server's time, in milliseconds since the epoch, if a response reveals it.
 */
export function createDefaultTokenRefresh(
  apiEndpoint: string,
  onServerTime: (time: number) => void = () => {},
): TokenRefreshCallback {
  const url = `${apiEndpoint}/token`
  const request = describeRequest('POST', url)

  async function post({ sessionId, token, signal }: TokenRefreshRequest) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(sessionId === null ? {} : { session_id: sessionId }),
        signal,
      })
      return { response, text: await response.text() }
    } catch (cause) {
      signal.throwIfAborted()
      const remedy = 'Start the server, or let it allow this origin (CORS).'
      throw new VoiceAgentError('token-refresh-failed', `${request} must answer; it did not. ${remedy}`, {
        cause,
      })
    }
  }

  return async (refresh) => {
    const { response, text } = await post(refresh)
    const date = response.headers.get('Date')
    if (date !== null && Number.isFinite(Date.parse(date))) onServerTime(Date.parse(date))
    const retryAfterMs = parseRetryAfter(response.headers.get('Retry-After'), Date.now())
    if (!isAnswer(response, retryAfterMs)) {
      throw new VoiceAgentError(
        'token-refresh-failed',
        [
          `${request} must answer with a token; it answered ${response.status}.`,
          ...remediesFor(response.status),
        ].join(' '),
        { recoverable: isTemporary(response.status, retryAfterMs), retryAfterMs },
      )
    }
    const body = readJson(text)
    const answer = isRecord(body) ? body : {}
    const missing = fields.filter((field) => !answer[field])
    const isHtml = response.headers.get('Content-Type')?.startsWith('text/html')
    if (missing.length > 0) {
      throw new VoiceAgentError(
        'token-malformed',
        `${describeAnswer(request, fields, response)}, without ${missing.join(', ')}.${isHtml ? ' HTML is probably the page of your app: forward the request to your server.' : ''}`,
      )
    }
    // Types are validated later, like the result of any other callback.
    return {
      token: answer.token as string,
      expiresAt: byLocalClock(answer.expiresAt, date, Date.now()) as number | string,
      sessionId: answer.session_id as string,
      iceServers: answer.iceServers as RTCIceServer[] | undefined,
      url: answer.url as string | undefined,
    }
  }
}
