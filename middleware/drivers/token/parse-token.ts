import { VoiceAgentError } from '../../../store/index.js'
import type { AgentToken } from './ports.js'

// Seconds since the epoch stay below this until the year 5138; milliseconds have been above it since 1973.
const smallestMilliseconds = 100_000_000_000

/** Converts seconds, milliseconds or ISO 8601 text to milliseconds since the epoch; returns NaN for anything else. */
export function parseExpiry(expiresAt: unknown): number {
  if (typeof expiresAt === 'string') {
    return /^\d+(\.\d+)?$/.test(expiresAt) ? parseExpiry(Number(expiresAt)) : Date.parse(expiresAt)
  }
  if (typeof expiresAt !== 'number' || expiresAt <= 0) return Number.NaN
  return expiresAt < smallestMilliseconds ? expiresAt * 1000 : expiresAt
}

/** Milliseconds for which a token is used that has expired by the device's clock when it arrives. */
const assumedLife = 60_000

/**
 * Validates the answer of a refresh callback. The error names the invalid field and never contains its value.
 *
 * A server gives no token that has expired. If one has by the device's clock, that clock is ahead, and the token's life is unknown. The token is then used for a minute, and the server decides if it accepts it.
 *
 * @throws VoiceAgentError `token-malformed`
 */
export function parseToken(answer: unknown, now: number): AgentToken {
  const { token, expiresAt, sessionId, iceServers, url } = (answer ?? {}) as Record<string, unknown>
  const malformed = (field: string, expected: string, got: unknown) =>
    new VoiceAgentError(
      'token-malformed',
      `The answer to a token request must have ${field}, ${expected}; got ${got === '' ? 'an empty string' : typeof got}.`,
    )
  if (typeof token !== 'string' || token === '') throw malformed('token', 'a text', token)
  if (typeof sessionId !== 'string' || sessionId === '')
    throw malformed('sessionId', 'a text (session_id in the answer of POST /token)', sessionId)
  const expiry = parseExpiry(expiresAt)
  if (!Number.isFinite(expiry))
    throw malformed('expiresAt', 'in seconds, milliseconds or ISO 8601', expiresAt)
  if (iceServers !== undefined && !Array.isArray(iceServers))
    throw malformed('iceServers', 'a list, or none', iceServers)
  if (url !== undefined && typeof url !== 'string') throw malformed('url', 'a text, or none', url)
  return {
    token,
    expiresAt: expiry > now ? expiry : now + assumedLife,
    sessionId,
    ...(iceServers && { iceServers }),
    ...(url !== undefined && { url }),
  }
}
