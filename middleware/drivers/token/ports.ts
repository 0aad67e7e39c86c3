/** What the token endpoint gives. */
export interface AgentToken {
  token: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** The agent session that the token stands for. */
  sessionId: string
}

/** What a refresh starts from. */
export interface TokenRefreshRequest {
  /** The session to go on with; null for a new one. */
  sessionId: string | null
  /** The token so far, expired or not: a proof that this client holds the session. */
  token: string | null
  signal: AbortSignal
}

/**
 * Gets a token from the app's server. `expiresAt` may be in seconds or milliseconds since the epoch, or an ISO 8601 text.
 *
 * @example
 * const refreshToken: TokenRefreshCallback = async () => {
 *   const response = await fetch('/api/voice-agent/token', { method: 'POST' })
 *   const { token, expiresAt, session_id } = await response.json()
 *   return { token, expiresAt, sessionId: session_id }
 * }
 */
export type TokenRefreshCallback = (
  request: TokenRefreshRequest,
) => Promise<{ token: string; expiresAt: number | string; sessionId: string }>

/** What of a stored token can be read without the session's key. */
export interface StoredToken {
  /** The persisted session that the token belongs to. */
  persistedSessionId: string
  expiresAt: number
  /** Unseals it with the session's key. Rejects with `session-unreadable` when the key is gone or it was tampered with. */
  open(): Promise<AgentToken>
}

/** Where tokens are kept: sessionStorage, sealed with the session's key. */
export interface TokenVault {
  read(): StoredToken | null
  save(persistedSessionId: string, token: AgentToken): Promise<void>
  clear(): void
}
