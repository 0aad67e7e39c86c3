import { VoiceAgentError } from '../../../store/index.js'

/** Argument of a {@link ReconnectPolicy}. */
export interface ReconnectAttempt {
  /** Number of the attempt: 1 for the first one after the connection was lost. */
  attempt: number
  /** Milliseconds to wait, if the server sent `Retry-After`. */
  retryAfterMs: number | undefined
}

/** Returns the delay before the attempt in milliseconds, or null to give up. Pure, except for randomness. */
export interface ReconnectPolicy {
  (attempt: ReconnectAttempt): number | null
  /** Number of attempts before it gives up, if limited. Shown as "attempt 2 of 25". */
  readonly maxAttempts?: number
}

/** Options of {@link createReconnectPolicy}. */
export interface ReconnectPolicyOptions {
  /** Maximum of the first delay, in milliseconds. @default 500 */
  baseDelayMs?: number
  /** Maximum of any delay, in milliseconds. @default 5000 */
  maxDelayMs?: number
  /** Number of attempts. With the default, retries last a minute on average. `Infinity` retries forever. @default 25 */
  maxAttempts?: number
}

/**
 * Exponential backoff with full jitter: a random delay up to a ceiling that doubles with each attempt.
 * With the defaults, a server that is back after half a minute is reached within 1.5 s (median). Until then, there is one request per 2.5 s.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param random Returns a number in [0, 1).
 * @throws VoiceAgentError `invalid-option` for a negative or non-finite number.
 * @example createReconnectPolicy({ maxAttempts: 30 })
 */
export function createReconnectPolicy(
  { baseDelayMs = 500, maxDelayMs = 5_000, maxAttempts = 25 }: ReconnectPolicyOptions = {},
  random: () => number = Math.random,
): ReconnectPolicy {
  for (const [name, value] of Object.entries({ baseDelayMs, maxDelayMs, maxAttempts })) {
    if (!(typeof value === 'number' && value >= 0)) {
      const got = typeof value === 'number' ? value : typeof value
      throw new VoiceAgentError(
        'invalid-option',
        `reconnect.${name} must be a number, 0 or more; got ${got}.`,
      )
    }
  }
  const policy = ({ attempt, retryAfterMs }: ReconnectAttempt) => {
    if (attempt > maxAttempts) return null
    const ceiling = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1))
    return Math.max(random() * ceiling, retryAfterMs ?? 0)
  }
  return Number.isFinite(maxAttempts) ? Object.assign(policy, { maxAttempts }) : policy
}
