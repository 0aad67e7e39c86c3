/** Response of the token endpoint. */
export interface AgentToken {
  token: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** The agent session that the token is for. */
  sessionId: string
  /** STUN and TURN servers sent with the token, for example TURN with expiring credentials. */
  iceServers?: RTCIceServer[]
  /** Address of the agent, sent with the token, for transports that need it per call. */
  url?: string
  /** Text that the transport keeps for the next connection. See `TransportHost.memo`. */
  memo?: string
}

/** Input of a refresh. */
export interface TokenRefreshRequest {
  /** Session to continue; null for a new one. */
  sessionId: string | null
  /**
   * Current token, expired or not, as proof that this client owns the session. Null for a new session, or if the session's stored token
   * can't be read. In that case the server decides if it continues the session, and a token for another session is rejected.
   */
  token: string | null
  signal: AbortSignal
}

/**
 * Gets a token from the app's server. `expiresAt` may be in seconds or milliseconds since the epoch, or an ISO 8601 string.
 *
 * @example
 * const refreshToken: TokenRefreshCallback = async () => {
 *   const response = await fetch('/api/voice-agent/token', { method: 'POST' })
 *   const { token, expiresAt, session_id } = await response.json()
 *   return { token, expiresAt, sessionId: session_id }
 * }
 *
 * `iceServers` are used for this token's connections, in addition to those of the option `iceServers`. `url` is passed to the transport, as the
 * address of the agent behind this token.
 */
export type TokenRefreshCallback = (request: TokenRefreshRequest) => Promise<{
  token: string
  expiresAt: number | string
  sessionId: string
  iceServers?: RTCIceServer[] | undefined
  url?: string | undefined
}>

/** A stored token, with the parts that can be read without the session's key. */
export interface StoredToken {
  /** Persisted session that the token belongs to. */
  persistedSessionId: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** Decrypts the token with the session's key. Rejects with `session-unreadable` if the key is missing or the token was changed. */
  open(): Promise<AgentToken>
}

/** Stores tokens in sessionStorage, encrypted with the session's key. */
export interface TokenVault {
  read(): StoredToken | null
  save(persistedSessionId: string, token: AgentToken): Promise<void>
  clear(): void
  /** Id of the session that the tab has open without a token, such as an earlier conversation without a call; null if there is none. */
  openSession?(): string | null
  /**
   * Stores that id in place of a token, so that the tab's next page opens the session again.
   *
   * @default clears the token, so the next page opens no session
   */
  setOpenSession?(persistedSessionId: string): void
}
