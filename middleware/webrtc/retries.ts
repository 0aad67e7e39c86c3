import { type HandlerContext, pause } from '../context.js'
import { delayBefore } from './delay-before.js'
import type { Network } from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'

/** While the browser says that it is offline: milliseconds before the first attempt; each further one waits twice as long. */
const firstOfflineDelay = 5_000
const longestOfflineDelay = 60_000

/** The waits of one call between its attempts. */
export interface Retries {
  /** Ends early when somebody asks for a retry, or the network is back. Rejects when the call is ended. */
  wait(ms: number): Promise<void>
  /**
   * Waits as the policy wants it, and tells the store of it. One that failed while the browser said that it was offline does not
   * count: it was made in case the browser was wrong.
   *
   * @param failed Its number: 0 for a call's first, and for a connection that had proved itself.
   * @returns That of the next one, from 1; 0 when the policy gives up.
   */
  waitAfter(failed: number, retryAfterMs?: number): Promise<number>
  /** Makes the attempt that is waited for now. */
  retry(): void
  /** For an attempt that begins: aborts with the call, and where it was begun offline when the network is back, or a retry is asked for. */
  begin(): AbortSignal
  /** It has led to a connection: where the browser said offline, it was wrong, and is not believed until it has said online. */
  succeeded(): void
}

export function createRetries(
  { actions, dispatch, clock }: Pick<HandlerContext, 'actions' | 'dispatch' | 'clock'>,
  { policy, network }: { policy: ReconnectPolicy; network: Pick<Network, 'isOnline'> },
  signal: AbortSignal,
): Retries {
  let asked = new AbortController()
  let offlineDelayMs = 0
  let isBelieved = true

  function untilAsked(): AbortSignal {
    asked = new AbortController()
    return AbortSignal.any([asked.signal, signal])
  }

  async function wait(ms: number): Promise<void> {
    await pause(clock, ms, untilAsked())
    signal.throwIfAborted()
  }

  return {
    wait,
    async waitAfter(failed, retryAfterMs) {
      const isOffline = isBelieved && !network.isOnline()
      const attempt = isOffline ? failed || 1 : failed + 1
      const policyMs = delayBefore(policy, { attempt, retryAfterMs })
      if (policyMs === null) return 0
      offlineDelayMs = isOffline ? Math.min(2 * offlineDelayMs || firstOfflineDelay, longestOfflineDelay) : 0
      const delayMs = Math.max(policyMs, offlineDelayMs)
      const { maxAttempts = null } = policy
      const nextRetryAt = clock.now() + delayMs
      dispatch(actions.reconnectScheduled({ attempt, maxAttempts, delayMs, nextRetryAt }))
      await wait(delayMs)
      return attempt
    },
    retry() {
      isBelieved ||= network.isOnline()
      asked.abort()
    },
    begin() {
      const own = untilAsked()
      return network.isOnline() ? signal : own
    },
    succeeded() {
      isBelieved = network.isOnline()
      // From here on a retry has no attempt to end: the connection may still look at the signal.
      untilAsked()
    },
  }
}
