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

/**
 * Validates the answer of a refresh callback. The error names the invalid field and never contains its value.
 *
 * @throws VoiceAgentError `token-malformed`, or `token-expired` for a token that had expired when it arrived.
 */
export function parseToken(answer: unknown, now: number): AgentToken {
  const { token, expiresAt, sessionId } = (answer ?? {}) as Record<string, unknown>
  const malformed = (field: string) =>
    new VoiceAgentError('token-malformed', `The token endpoint's answer has no usable ${field}.`)
  if (typeof token !== 'string' || token === '') throw malformed('token')
  if (typeof sessionId !== 'string' || sessionId === '') throw malformed('session id')
  const expiry = parseExpiry(expiresAt)
  if (!Number.isFinite(expiry)) throw malformed('expiry')
  if (expiry <= now)
    throw new VoiceAgentError('token-expired', 'The token endpoint gave a token that has expired.')
  return { token, expiresAt: expiry, sessionId }
}
