import { VoiceAgentError } from '../../../store/index.js'

/** Input of a {@link ReconnectPolicy}. */
export interface ReconnectAttempt {
  /** 1 for the first attempt after the connection was lost. */
  attempt: number
  /** Milliseconds to wait, if the server asked for them by `Retry-After`. */
  retryAfterMs: number | undefined
}

/** Returns the milliseconds until the attempt, or null to give up. Pure except for its randomness. */
export interface ReconnectPolicy {
  (attempt: ReconnectAttempt): number | null
  /** Attempts before it gives up, if it has a limit: shown as "attempt 2 of 25". */
  readonly maxAttempts?: number
}

export interface ReconnectPolicyOptions {
  /** Ceiling of the first delay, in milliseconds. @default 500 */
  baseDelayMs?: number
  /** Ceiling of every delay, in milliseconds. @default 5000 */
  maxDelayMs?: number
  /** Number of attempts; with the default, retries last a minute on average. `Infinity`: for ever. @default 25 */
  maxAttempts?: number
}

/**
 * Exponential backoff with full jitter: a random delay up to a ceiling, which doubles with each attempt.
 * A server that returns after half a minute is then found within 1.5 s (median), with one request in 2.5 s until then.
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
      throw new VoiceAgentError(
        'invalid-option',
        `reconnect.${name} must be a number of at least 0, not ${value}.`,
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
