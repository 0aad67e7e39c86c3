import type { UnknownAction } from '@reduxjs/toolkit'
import {
  type AgentContinuation,
  type ContextMessage,
  toVoiceError,
  VoiceAgentError,
} from '../../store/index.js'
import { abortable, type HandlerContext, pause } from '../context.js'
import type { Sessions } from '../restore/sessions.js'
import { describeTools } from '../tools/index.js'
import type { VoiceTools } from '../tools/ports.js'
import { askForContext, type BuildContext } from './build-context.js'
import { type Connection, type ConnectionEnd, createConnection } from './connection.js'
import { createEventBatch } from './event-batch.js'
import type { CallMedia, ClientMessage, Frames, Network, VoiceTransportFactory } from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'
import { toAction } from './transport-events.js'

export interface CallPorts {
  apiEndpoint: string
  transport: VoiceTransportFactory
  media: CallMedia
  sessions: Sessions
  policy: ReconnectPolicy
  network: Network
  frames: Frames
  contextMessages: number
  tools: VoiceTools
  buildContext?: BuildContext | undefined
  createId: () => string
}

/** What was typed and could not be sent yet. */
export interface Outbox {
  readonly ids: ReadonlySet<string>
  takeAll(): ClientMessage[]
}

/** One call: from *Start* to *End*, over as many connections as it takes. */
export interface Call {
  /** Whether the agent got it; false while there is no connection. */
  send(message: ClientMessage): boolean
  /** Makes the attempt that is waited for now. */
  retry(): void
}

/** A connection that has lasted this long has proved itself: attempts are counted anew after it. In milliseconds. */
export const provenAfter = 10_000

interface Attempt {
  /** Since the last connection that proved itself. */
  attempt: number
  /** The token was refused: get another. */
  renew: boolean
}

/**
 * Runs a call until it is ended or can't go on, and tells the store how it goes. Whoever ends it aborts `signal`; `done` gives
 * what is to be told of its end, null when it was aborted.
 *
 * @param isRestored Whether it takes up a call from before a reload: then even its first connection is worth retrying.
 */
export function startCall(
  { actions, selectors, dispatch, getState, clock }: HandlerContext,
  ports: CallPorts,
  outbox: Outbox,
  { signal, isRestored }: { signal: AbortSignal; isRestored: boolean },
): Call & { done: Promise<UnknownAction | null> } {
  let established: Connection | null = null
  let waiting = new AbortController()
  const leaving = ports.network.watchLeaving()

  /** From here on what is sent goes there, beginning with what has waited. */
  function carry(connection: Connection) {
    established = connection
    for (const message of outbox.takeAll()) connection.send(message)
  }

  async function connect(
    { attempt, renew }: Attempt,
    hasTalked: boolean,
  ): Promise<ConnectionEnd & { lastedMs: number }> {
    const connectionId = ports.createId()
    dispatch(actions.connectionAttempted({ connectionId, attempt, at: clock.now() }))
    const { token, sessionId } = await ports.sessions.ensure({ renew, signal })
    const batch = createEventBatch(ports.frames, actions, {
      onEvent(event) {
        const action = toAction(event, { actions, at: clock.now(), createId: ports.createId })
        if (action) dispatch(action)
      },
      dispatch,
    })
    const connection = createConnection(
      {
        ...ports,
        clock,
        getToken: async (own) => (await ports.sessions.ensure({ renew: false, signal: own })).token,
      },
      {
        onEvent: batch.push,
        onInterrupted(error) {
          // What is sent into it now may be lost with it: it waits for whichever connection carries again.
          established = null
          dispatch(
            actions.connectionInterrupted({ connectionId, error: toVoiceError(error), at: clock.now() }),
          )
        },
        onRecovered() {
          dispatch(actions.connectionRecovered({ connectionId, at: clock.now() }))
          carry(connection)
        },
      },
    )
    const close = () => {
      // What was said until then was said, although no frame has shown it yet.
      batch.flush()
      connection.close()
    }
    signal.addEventListener('abort', close)
    try {
      const context = await contextFor(signal)
      const agent: AgentContinuation = await connection.connect({
        token,
        sessionId,
        resume: hasTalked,
        context,
        tools: describeTools(ports.tools),
        signal,
      })
      signal.throwIfAborted()
      const establishedAt = clock.now()
      dispatch(actions.connectionEstablished({ connectionId, agent, at: establishedAt }))
      carry(connection)
      const end = await abortable(connection.ended, signal)
      batch.flush()
      if (end.by === 'loss') {
        dispatch(actions.connectionLost({ connectionId, error: toVoiceError(end.error), at: clock.now() }))
      }
      return { ...end, lastedMs: clock.now() - establishedAt }
    } finally {
      established = null
      batch.clear()
      signal.removeEventListener('abort', close)
      connection.close()
    }
  }

  /** What the agent is told of the past, without what it is about to be sent. */
  async function contextFor(signal: AbortSignal): Promise<ContextMessage[]> {
    const messages = selectors
      .selectContext(getState(), ports.contextMessages)
      .filter(({ id }) => !outbox.ids.has(id))
    if (!ports.buildContext || messages.length === 0) return messages
    const omitted = Math.max(0, selectors.selectMessageCount(getState()) - ports.contextMessages)
    try {
      return await askForContext(ports.buildContext, messages, omitted, { clock, signal })
    } catch (error) {
      signal.throwIfAborted()
      dispatch(actions.agentErrorReported({ error: toVoiceError(error) }))
      return messages
    }
  }

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
        const end = await connect(next, hasTalked)
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
    send(message) {
      established?.send(message)
      return established !== null
    },
    retry: () => waiting.abort(),
  }
}

function asVoiceAgentError(thrown: unknown): VoiceAgentError {
  return thrown instanceof VoiceAgentError
    ? thrown
    : new VoiceAgentError('internal', undefined, { cause: thrown })
}
