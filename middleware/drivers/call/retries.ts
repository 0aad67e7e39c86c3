import { VoiceAgentError } from '../../../store/index.js'
import type { Fact } from '../../live/events.js'
import { pause } from '../../waiting.js'
import type { Network } from './page-ports.js'
import type { ReconnectAttempt, ReconnectPolicy } from './reconnect-policy.js'

/** Milliseconds before the first attempt while the browser reports being offline; doubled for each further attempt. */
const FIRST_OFFLINE_DELAY_MS = 5_000
const MAX_OFFLINE_DELAY_MS = 60_000

/** Waits between the connection attempts of one call. */
export interface Retries {
  /** Ends early if the user requests a retry or the network is back. Rejects when the call ends. */
  wait(ms: number): Promise<void>
  /**
   * Reports and waits for the delay of the policy. An attempt that failed while the browser reported being offline doesn't count,
   * because it was made only in case the browser was wrong.
   *
   * @param failed Number of the failed attempt; 0 for a call's first attempt, or after a stable connection.
   * @returns the number of the next attempt, starting at 1; 0 if the policy gives up.
   */
  waitAfter(failed: number, retryAfterMs?: number): Promise<number>
  /** Starts the next attempt immediately. */
  retry(): void
  /** Signal for a new attempt. Aborts with the call and, if the attempt starts offline, when the network is back or a retry is requested. */
  begin(): AbortSignal
  /** The attempt connected. If the browser reported being offline, it was wrong, and isn't trusted until it reports being online. */
  succeeded(): void
}

/**
 * Calls the app's policy, and validates its result, because an invalid delay would cause retries without a pause.
 *
 * @throws VoiceAgentError `invalid-option`
 */
function computeRetryDelay(policy: ReconnectPolicy, attempt: ReconnectAttempt): number | null {
  let cause: unknown
  try {
    const delayMs: unknown = policy(attempt)
    if (delayMs === null || (typeof delayMs === 'number' && delayMs >= 0)) return delayMs
  } catch (thrown) {
    cause = thrown
  }
  throw new VoiceAgentError(
    'invalid-option',
    'reconnect must return milliseconds, at least 0, or null to give up.',
    { cause },
  )
}

export function createRetries(
  {
    report,
    policy,
    network,
  }: {
    report(fact: Fact): void
    policy: ReconnectPolicy
    network: Pick<Network, 'isOnline'>
  },
  signal: AbortSignal,
): Retries {
  let retryNow = new AbortController()
  let offlineDelayMs = 0
  let trustsOnline = true

  function untilRetried(): AbortSignal {
    retryNow = new AbortController()
    return AbortSignal.any([retryNow.signal, signal])
  }

  async function wait(ms: number): Promise<void> {
    await pause(ms, untilRetried())
    signal.throwIfAborted()
  }

  return {
    wait,
    async waitAfter(failed, retryAfterMs) {
      const isOffline = trustsOnline && !network.isOnline()
      const attempt = isOffline ? failed || 1 : failed + 1
      const policyMs = computeRetryDelay(policy, { attempt, retryAfterMs })
      if (policyMs === null) return 0
      offlineDelayMs = isOffline
        ? Math.min(2 * offlineDelayMs || FIRST_OFFLINE_DELAY_MS, MAX_OFFLINE_DELAY_MS)
        : 0
      const delayMs = Math.max(policyMs, offlineDelayMs)
      const { maxAttempts = null } = policy
      const nextRetryAt = Date.now() + delayMs
      report({ name: 'reconnectScheduled', payload: { attempt, maxAttempts, delayMs, nextRetryAt } })
      await wait(delayMs)
      return attempt
    },
    retry() {
      trustsOnline ||= network.isOnline()
      retryNow.abort()
    },
    begin() {
      const retried = untilRetried()
      return network.isOnline() ? signal : retried
    },
    succeeded() {
      trustsOnline = network.isOnline()
      // A later retry must not abort the attempt that succeeded, because the connection may still listen to its signal.
      untilRetried()
    },
  }
}
