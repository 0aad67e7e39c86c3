import { VoiceAgentError } from '../../../store/index.js'
import type { AgentToken } from './ports.js'

// Seconds since the epoch stay below this until the year 5138; milliseconds have been above it since 1973.
const smallestMilliseconds = 100_000_000_000

/** Milliseconds since the epoch, from seconds, milliseconds or ISO 8601 text; NaN from anything else. */
export function parseExpiry(expiresAt: unknown): number {
  if (typeof expiresAt === 'string') {
    return /^\d+(\.\d+)?$/.test(expiresAt) ? parseExpiry(Number(expiresAt)) : Date.parse(expiresAt)
  }
  if (typeof expiresAt !== 'number' || expiresAt <= 0) return Number.NaN
  return expiresAt < smallestMilliseconds ? expiresAt * 1000 : expiresAt
}

/**
 * What a refresh callback gave, checked. The error says which field is wrong and never holds its value.
 *
 * @throws VoiceAgentError `token-malformed`, or `token-expired` for one that had expired when it came.
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
