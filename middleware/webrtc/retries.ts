import { type HandlerContext, pause } from '../context.js'
import { delayBefore } from './delay-before.js'
import type { Network } from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'

/** While the browser says that it is offline: milliseconds before the first attempt; each further one waits twice as long. */
const firstOfflineDelay = 5_000
const longestOfflineDelay = 60_000

/** What is known of an attempt that failed. */
export interface FailedAttempt {
  /** 0 for a call's first, and for a connection that had proved itself. */
  attempt: number
  retryAfterMs?: number | undefined
}

/** An attempt that is being made. */
export interface AttemptUnderWay {
  /** Aborts with the call, and where the attempt was begun offline when the network is back, or somebody asks for another. */
  signal: AbortSignal
  /** It has led to a connection: where the browser said offline, it was wrong, and is not believed until it has said online. */
  succeeded(): void
}

/** The waits of one call between its attempts. */
export interface Retries {
  /** Ends early, with true, when somebody asks for a retry, or the network is back. Rejects when the call is ended. */
  wait(ms: number): Promise<boolean>
  /**
   * Waits as the policy wants it, and tells the store of it. One that failed while the browser said that it was offline does not
   * count: it was made in case the browser was wrong.
   *
   * @returns The number of the next attempt, 1 for the first after the one that failed; null when the policy gives up.
   */
  waitAfter(failed: FailedAttempt): Promise<number | null>
  /** Makes the attempt that is waited for now. */
  retry(): void
  begin(): AttemptUnderWay
}

export function createRetries(
  { actions, dispatch, clock }: Pick<HandlerContext, 'actions' | 'dispatch' | 'clock'>,
  { policy, network }: { policy: ReconnectPolicy; network: Pick<Network, 'isOnline'> },
  signal: AbortSignal,
): Retries {
  let asked = new AbortController()
  let offlineDelayMs = firstOfflineDelay
  let isOfflineWrong = false
  const isOffline = () => !isOfflineWrong && !network.isOnline()

  async function wait(ms: number): Promise<boolean> {
    asked = new AbortController()
    const own = asked.signal
    await pause(clock, ms, AbortSignal.any([own, signal]))
    signal.throwIfAborted()
    return own.aborted
  }

  return {
    wait,
    async waitAfter({ attempt, retryAfterMs }) {
      const next = isOffline() ? Math.max(1, attempt) : attempt + 1
      const policyMs = delayBefore(policy, { attempt: next, retryAfterMs })
      if (policyMs === null) return null
      for (;;) {
        const wasOffline = isOffline()
        const delayMs = wasOffline ? Math.max(policyMs, offlineDelayMs) : policyMs
        offlineDelayMs = wasOffline ? Math.min(2 * offlineDelayMs, longestOfflineDelay) : firstOfflineDelay
        const { maxAttempts = null } = policy
        const nextRetryAt = clock.now() + delayMs
        dispatch(actions.reconnectScheduled({ attempt: next, maxAttempts, delayMs, nextRetryAt }))
        const isAsked = await wait(delayMs)
        // Offline meanwhile: an attempt at the policy's pace could hardly come to anything.
        if (isAsked || wasOffline || !isOffline()) return next
      }
    },
    retry() {
      if (network.isOnline()) isOfflineWrong = false
      asked.abort()
    },
    begin() {
      asked = new AbortController()
      return {
        signal: network.isOnline() ? signal : AbortSignal.any([asked.signal, signal]),
        succeeded() {
          isOfflineWrong = !network.isOnline()
          // From here on a retry has no attempt to end: the connection may still look at the signal.
          asked = new AbortController()
        },
      }
    },
  }
}
