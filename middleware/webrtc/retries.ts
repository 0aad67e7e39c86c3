import { type HandlerContext, pause } from '../context.js'
import { delayBefore } from './delay-before.js'
import type { Network } from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'

/** The waits of one call between its attempts. */
export interface Retries {
  /** Ends early when somebody asks for a retry, or the network is back. Rejects when the call is ended. */
  wait(ms: number): Promise<void>
  /**
   * Waits as the policy wants it, and tells the store of it; false when the policy gives up.
   *
   * @param attempt 1 for the first after the one that failed.
   */
  waitFor(attempt: number, retryAfterMs?: number): Promise<boolean>
  /** Makes the attempt that is waited for now. */
  retry(): void
}

export function createRetries(
  { actions, dispatch, clock }: Pick<HandlerContext, 'actions' | 'dispatch' | 'clock'>,
  { policy, network }: { policy: ReconnectPolicy; network: Pick<Network, 'isOnline'> },
  signal: AbortSignal,
): Retries {
  let waiting = new AbortController()

  async function wait(ms: number): Promise<void> {
    waiting = new AbortController()
    await pause(clock, ms, AbortSignal.any([waiting.signal, signal]))
    signal.throwIfAborted()
  }

  return {
    wait,
    async waitFor(attempt, retryAfterMs) {
      const delayMs = delayBefore(policy, { attempt, retryAfterMs })
      if (delayMs === null) return false
      const { maxAttempts = null } = policy
      const nextRetryAt = clock.now() + delayMs
      dispatch(actions.reconnectScheduled({ attempt, maxAttempts, delayMs, nextRetryAt }))
      await wait(delayMs)
      // Offline, an attempt could only fail: the policy's are kept for when there is something to reach.
      while (!network.isOnline()) await wait(Number.POSITIVE_INFINITY)
      return true
    },
    retry: () => waiting.abort(),
  }
}
