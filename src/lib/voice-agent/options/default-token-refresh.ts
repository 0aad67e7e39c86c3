import { parseExpiry } from '../../../../middleware/drivers/token/parse-token.js'
import type { TokenRefreshCallback } from '../../../../middleware/drivers/token/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'

/** Clocks this close are taken for the same, in milliseconds: a `Date` header has seconds, and an answer takes its time. */
const toleratedSkew = 10_000

/**
 * When the token ends by the clock of this page, which may be hours off: the server's own is in the `Date` header of its answer (RFC 9110,
 * 6.6.1). Other origins show it only where they expose it; what can't be read is left as it is.
 */
function byLocalClock(expiresAt: unknown, date: string | null, now: number): unknown {
  const skew = date === null ? Number.NaN : Date.parse(date) - now
  const expiry = parseExpiry(expiresAt)
  return Math.abs(skew) > toleratedSkew && Number.isFinite(expiry) ? expiry - skew : expiresAt
}

/**
 * The refresh that is used where the app gives none: a POST to `${apiEndpoint}/token` with the session to go on with and, as a
 * proof that it is ours, the token so far. Answered by `{ token, expiresAt, session_id }`.
 * Specification, "Token Refresh Callback".
 */
export function createDefaultTokenRefresh(apiEndpoint: string): TokenRefreshCallback {
  return async ({ sessionId, token, signal }) => {
    const response = await fetch(`${apiEndpoint}/token`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(sessionId === null ? {} : { session_id: sessionId }),
      signal,
    })
    if (!response.ok) {
      throw new VoiceAgentError(
        'token-refresh-failed',
        `The token endpoint refused (HTTP ${response.status}).`,
        {
          recoverable: response.status >= 500 || response.status === 429,
        },
      )
    }
    const answer = ((await response.json().catch(() => null)) ?? {}) as Record<string, unknown>
    // Checked where every callback's answer is.
    return {
      token: answer.token as string,
      expiresAt: byLocalClock(answer.expiresAt, response.headers.get('Date'), Date.now()) as number | string,
      sessionId: answer.session_id as string,
    }
  }
}
