import type { UnknownAction } from '@reduxjs/toolkit'
import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import { type Attempt, type CallPorts, createConnections, type Outbox } from './call-connections.js'
import { takeChosenDevices } from './devices.js'
import type { ClientMessage } from './ports.js'
import type { Retries } from './retries.js'

/** One call: from *Start* to *End*, over as many connections as it takes. */
export interface Call {
  /** Whether the agent got it; false while there is no connection. */
  send(message: ClientMessage): boolean
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
  { retries, signal, isRestored }: { retries: Retries; signal: AbortSignal; isRestored: boolean },
): Call & { done: Promise<UnknownAction | null> } {
  const { actions, selectors, getState, clock } = context
  takeChosenDevices(context, ports.media)
  const connections = createConnections(context, ports, outbox, signal)
  const leaving = ports.network.watchPageExit()

  /** Gives why the call ended: null when the agent hung up. */
  async function run(): Promise<VoiceAgentError | null> {
    let next: Attempt = { attempt: 0, renew: false }
    let hasTalked = isRestored || selectors.selectStats(getState()).startedAt !== null
    let isWorthRetrying = isRestored
    for (;;) {
      let error: VoiceAgentError
      const underWay = retries.begin()
      try {
        const end = await connections.connect(next, hasTalked, underWay, retries.succeeded)
        if (end.by === 'agent') return null
        error = end.error
        // One that breaks down at once must not count anew, or it would be tried for ever.
        next = { attempt: end.lastedMs >= provenAfter ? 0 : next.attempt, renew: false }
        hasTalked = isWorthRetrying = true
      } catch (thrown) {
        signal.throwIfAborted()
        if (underWay.aborted) continue
        error = asVoiceAgentError(thrown)
        const remainingMs = leaving.remainingMs()
        if (error.recoverable && remainingMs > 0) {
          // Cut off with the page: kept as a failure, it would keep the next page from calling again.
          await retries.wait(remainingMs)
          continue
        }
        if (error.code === 'unauthorized' && !next.renew) {
          next = { ...next, renew: true }
          continue
        }
      }
      if (!error.recoverable || !isWorthRetrying) return error
      const attempt = await retries.waitAfter(next.attempt, error.retryAfterMs)
      if (!attempt) return new VoiceAgentError('reconnect-exhausted', undefined, { cause: error })
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
    flush: connections.flush,
  }
}

function asVoiceAgentError(thrown: unknown): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError('internal', undefined, { cause: thrown })
}
