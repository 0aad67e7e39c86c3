import type { TokenRefreshCallback } from '../../../middleware/token-refresh/ports.js'
import { VoiceAgentError } from '../../../store/index.js'

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
      expiresAt: answer.expiresAt as number | string,
      sessionId: answer.session_id as string,
    }
  }
}
