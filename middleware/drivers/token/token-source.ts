import { VoiceAgentError } from '../../../store/index.js'
import { abortable, withTimeout } from '../../waiting.js'
import type { AgentToken, TokenRefreshCallback } from './ports.js'

// Seconds since the epoch stay below this until the year 5138. Milliseconds have been above it since 1973.
const SMALLEST_MILLISECONDS = 100_000_000_000

/** Converts seconds, milliseconds or an ISO 8601 string to milliseconds since the epoch; returns NaN for anything else. */
export function parseExpiry(expiresAt: unknown): number {
  if (typeof expiresAt === 'string') {
    return /^\d+(\.\d+)?$/.test(expiresAt) ? parseExpiry(Number(expiresAt)) : Date.parse(expiresAt)
  }
  if (typeof expiresAt !== 'number' || expiresAt <= 0) return Number.NaN
  return expiresAt < SMALLEST_MILLISECONDS ? expiresAt * 1000 : expiresAt
}

/** September 2001, in milliseconds since the epoch. An earlier expiry is a duration by mistake, such as OAuth's `expires_in`. */
const EARLIEST_EXPIRY_MS = 1_000_000_000_000

/** Assumed lifetime, in milliseconds, of a token that has expired on arrival by the device's clock. */
const ASSUMED_LIFE_MS = 60_000

/**
 * Validates the result of a refresh callback. The error names the invalid field, but never contains its value.
 *
 * A server doesn't issue expired tokens. If a token has expired by the device's clock, that clock is ahead, and the token's lifetime is
 * unknown. It is then used for a minute, and the server decides if it accepts it.
 *
 * @throws VoiceAgentError `token-malformed`
 */
export function parseToken(answer: unknown, now: number): AgentToken {
  const { token, expiresAt, sessionId, iceServers, url } = (answer ?? {}) as Record<string, unknown>
  const malformed = (field: string, expected: string, got: unknown) =>
    new VoiceAgentError(
      'token-malformed',
      `refreshToken must return ${field}, ${expected}; got ${got === '' ? 'an empty string' : typeof got}.`,
    )
  if (typeof token !== 'string' || token === '') throw malformed('token', 'a string', token)
  if (typeof sessionId !== 'string' || sessionId === '') throw malformed('sessionId', 'a string', sessionId)
  const expiry = parseExpiry(expiresAt)
  if (!Number.isFinite(expiry))
    throw malformed('expiresAt', 'in seconds, milliseconds or ISO 8601', expiresAt)
  if (expiry < EARLIEST_EXPIRY_MS && now >= EARLIEST_EXPIRY_MS)
    throw malformed('expiresAt', 'a time, not a duration', expiresAt)
  if (iceServers !== undefined && !Array.isArray(iceServers))
    throw malformed('iceServers', 'a list, or none', iceServers)
  if (url !== undefined && typeof url !== 'string') throw malformed('url', 'a string, or none', url)
  return {
    token,
    expiresAt: expiry > now ? expiry : now + ASSUMED_LIFE_MS,
    sessionId,
    ...(iceServers && { iceServers }),
    ...(url !== undefined && { url }),
  }
}

/** Milliseconds before its expiry from which a token is not used for new requests. */
const EXPIRY_MARGIN_MS = 5_000
/** True if a token with this expiry may be used for a new request. */
export const isFresh = (expiresAt: number): boolean => expiresAt - EXPIRY_MARGIN_MS > Date.now()

/** Milliseconds after which a refresh callback counts as failed. */
const REFRESH_LIMIT_MS = 15_000

/** Token of one session. Only this closure holds it in plain text. */
export interface TokenSource {
  readonly current: AgentToken | null
  /**
   * Returns a valid token. Concurrent callers share one refresh.
   *
   * @param options.sessionId Session to request if there is no token yet. A token for another session is rejected.
   */
  get(options: { renew?: boolean; signal: AbortSignal; sessionId?: string | undefined }): Promise<AgentToken>
  /** Sets a stored token, without a refresh. */
  setToken(token: AgentToken): void
  /**
   * Invalidates the token, and one that is being requested, so callers get a new one. The old token still proves to the app's server that
   * this client owns the session.
   */
  expire(): void
  /** Drops the token and aborts a pending refresh, because the session has ended. */
  close(): void
}

export function createTokenSource(
  refresh: TokenRefreshCallback,
  onRefreshed: (token: AgentToken) => void,
): TokenSource {
  const closed = new AbortController()
  let current: AgentToken | null = null
  let refreshing: Promise<AgentToken> | null = null
  /** Incremented by `expire()`. A token from an earlier generation is requested again. */
  let generation = 0

  const late = () =>
    new VoiceAgentError('token-refresh-failed', 'refreshToken must answer within 15 s; it did not.')

  const threw = (cause: unknown) =>
    new VoiceAgentError(
      'token-refresh-failed',
      'refreshToken must resolve to a token; it threw. Its text is not shown, because it may contain a token.',
      { cause },
    )

  const other = () =>
    new VoiceAgentError(
      'token-refresh-failed',
      'refreshToken must return a token for the requested session; it returned one for another session.',
    )

  async function requestToken(unproven: string | undefined): Promise<AgentToken> {
    const requestedGeneration = generation
    const controller = new AbortController()
    const stop = () => controller.abort(closed.signal.reason)
    closed.signal.addEventListener('abort', stop)
    const isProven = current !== null || unproven === undefined
    const sessionId = current?.sessionId ?? unproven ?? null
    const token = current?.token ?? null
    try {
      const answer = (async () => refresh({ sessionId, token, signal: controller.signal }))()
      const work = abortable(answer, closed.signal)
      const fresh = parseToken(await withTimeout(REFRESH_LIMIT_MS, work, late), Date.now())
      closed.signal.throwIfAborted()
      if (requestedGeneration !== generation) return requestToken(unproven)
      if (!isProven && fresh.sessionId !== sessionId) throw other()
      const memo = current?.memo
      const next = memo === undefined ? fresh : { ...fresh, memo }
      current = next
      // May close this source, which clears `current`.
      onRefreshed(next)
      return next
    } catch (thrown) {
      controller.abort(thrown)
      if (requestedGeneration !== generation && !closed.signal.aborted) return requestToken(unproven)
      throw thrown instanceof VoiceAgentError ? thrown : threw(thrown)
    } finally {
      closed.signal.removeEventListener('abort', stop)
    }
  }

  return {
    get current() {
      return current
    },
    get({ renew = false, signal, sessionId }) {
      if (closed.signal.aborted) return Promise.reject(closed.signal.reason)
      if (current && !renew && isFresh(current.expiresAt)) return Promise.resolve(current)
      if (!refreshing) {
        const request = requestToken(sessionId).finally(() => {
          // Clears only its own promise, so that a late refresh doesn't clear the next one.
          if (refreshing === request) refreshing = null
        })
        refreshing = request
      }
      return abortable(refreshing, signal)
    },
    setToken(token) {
      current = token
    },
    expire() {
      generation++
      if (!current) return
      const { token, sessionId } = current
      current = { token, sessionId, expiresAt: 0 }
    },
    close() {
      current = null
      closed.abort(new VoiceAgentError('superseded', 'The session ended before its token arrived.'))
    },
  }
}
