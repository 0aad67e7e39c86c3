import type { UnknownAction } from '@reduxjs/toolkit'
import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import { type HandlerContext, pause } from '../context.js'
import { type Attempt, type CallPorts, createConnections, type Outbox } from './call-connections.js'
import type { ClientMessage } from './ports.js'

/** One call: from *Start* to *End*, over as many connections as it takes. */
export interface Call {
  /** Whether the agent got it; false while there is no connection. */
  send(message: ClientMessage): boolean
  /** Makes the attempt that is waited for now. */
  retry(): void
  /** Passes on what the agent has said and no frame has shown yet. */
  flush(): void
}

/** A connection that has lasted this long has proved itself: attempts are counted anew after it. In milliseconds. */
export const provenAfter = 10_000

/**
 * Runs a call until it is ended or can't go on, and tells the store how it goes. Whoever ends it aborts `signal`; `done` gives
 * what is to be told of its end, null when it was aborted.
 *
 * @param isRestored Whether it takes up a call from before a reload: then even its first connection is worth retrying.
 */
export function startCall(
  context: HandlerContext,
  ports: CallPorts,
  outbox: Outbox,
  { signal, isRestored }: { signal: AbortSignal; isRestored: boolean },
): Call & { done: Promise<UnknownAction | null> } {
  const { actions, selectors, dispatch, getState, clock } = context
  const connections = createConnections(context, ports, outbox, signal)
  let waiting = new AbortController()
  const leaving = ports.network.watchLeaving()

  /** Ends early when somebody asks for a retry, or the network is back. */
  async function wait(ms: number): Promise<void> {
    waiting = new AbortController()
    await pause(clock, ms, AbortSignal.any([waiting.signal, signal]))
    signal.throwIfAborted()
  }

  /** Gives why the call ended: null when the agent hung up. */
  async function run(): Promise<VoiceAgentError | null> {
    let next: Attempt = { attempt: 0, renew: false }
    let hasTalked = isRestored || selectors.selectStats(getState()).startedAt !== null
    let isWorthRetrying = isRestored
    for (;;) {
      let error: VoiceAgentError
      try {
        const end = await connections.connect(next, hasTalked)
        if (end.by === 'agent') return null
        error = end.error
        // One that breaks down at once must not count anew, or it would be tried for ever.
        next = { attempt: end.lastedMs >= provenAfter ? 0 : next.attempt, renew: false }
        hasTalked = isWorthRetrying = true
      } catch (thrown) {
        signal.throwIfAborted()
        error = asVoiceAgentError(thrown)
        const msUntilStays = leaving.msUntilStays()
        if (error.recoverable && msUntilStays > 0) {
          // Cut off with the page: kept as a failure, it would keep the next page from calling again.
          await wait(msUntilStays)
          continue
        }
        if (error.code === 'unauthorized' && !next.renew) {
          next = { ...next, renew: true }
          continue
        }
      }
      if (!error.recoverable || !isWorthRetrying) return error
      const attempt = next.attempt + 1
      const delayMs = ports.policy({ attempt, retryAfterMs: error.retryAfterMs })
      if (delayMs === null) return new VoiceAgentError('reconnect-exhausted', undefined, { cause: error })
      const { maxAttempts = null } = ports.policy
      const nextRetryAt = clock.now() + delayMs
      dispatch(actions.reconnectScheduled({ attempt, maxAttempts, delayMs, nextRetryAt }))
      await wait(delayMs)
      // Offline, an attempt could only fail: the policy's are kept for when there is something to reach.
      while (!ports.network.isOnline()) await wait(Number.POSITIVE_INFINITY)
      next = { attempt, renew: false }
    }
  }

  const done = run()
    .finally(leaving.stop)
    .then(
      (error) =>
        error
          ? actions.connectionFailed({ error: toVoiceError(error), at: clock.now() })
          : actions.connectionClosed({ by: 'agent', at: clock.now() }),
      (thrown: unknown) =>
        // Ended on purpose: whoever aborted it tells the store.
        signal.aborted ? null : actions.connectionFailed({ error: toVoiceError(thrown), at: clock.now() }),
    )

  return {
    done,
    send: connections.send,
    retry: () => waiting.abort(),
    flush: connections.flush,
  }
}

function asVoiceAgentError(thrown: unknown): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError('internal', undefined, { cause: thrown })
}
