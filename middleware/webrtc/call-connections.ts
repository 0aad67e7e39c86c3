import { type AgentContinuation, type ContextMessage, toVoiceError } from '../../store/index.js'
import { abortable, type HandlerContext } from '../context.js'
import type { Sessions } from '../restore/sessions.js'
import { describeTools } from '../tools/index.js'
import type { VoiceTools } from '../tools/ports.js'
import { askForContext, type BuildContext } from './build-context.js'
import { type Connection, type ConnectionEnd, createConnection } from './connection.js'
import { createEventBatch, type EventBatch } from './event-batch.js'
import type { CallMedia, ClientMessage, FrameScheduler, Network, VoiceTransportFactory } from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'
import { toAction } from './transport-events.js'

export interface CallPorts {
  apiEndpoint: string
  transport: VoiceTransportFactory
  media: CallMedia
  sessions: Sessions
  policy: ReconnectPolicy
  network: Network
  createFrameScheduler(): FrameScheduler
  contextMessages: number
  tools: VoiceTools
  buildContext?: BuildContext | undefined
  createId: () => string
}

/** What was typed and could not be sent yet: it waits between two connections of one call. */
export type Outbox = ClientMessage[]

export interface Attempt {
  /** Since the last connection that proved itself. */
  attempt: number
  /** The token was refused: get another. */
  renew: boolean
}

/** The connections of one call, one at a time. */
export interface CallConnections {
  /**
   * Gives how it ended; rejects where it could not be made.
   *
   * @param underWay Ends the transport's attempt, but not a connection that it has led to.
   */
  connect(
    attempt: Attempt,
    hasTalked: boolean,
    underWay: AbortSignal,
    onEstablished: () => void,
  ): Promise<ConnectionEnd & { lastedMs: number }>
  /** Whether the agent got it; false while there is no connection. */
  send(message: ClientMessage): boolean
  /** Passes on what waits for its frame. */
  flush(): void
}

/** Tells the store how each of them goes, and closes whichever is there when `signal` aborts. */
export function createConnections(
  { actions, selectors, dispatch, getState, clock }: HandlerContext,
  ports: CallPorts,
  outbox: Outbox,
  signal: AbortSignal,
): CallConnections {
  let established: Connection | null = null
  let waiting: EventBatch | null = null

  /** What can't be sent, for its size for example, is told of, and keeps nothing else from being sent. */
  function sendBy(connection: Connection, message: ClientMessage) {
    try {
      connection.send(message)
    } catch (thrown) {
      const error = toVoiceError(thrown)
      const isText = message.type === 'text'
      dispatch(
        isText ? actions.textRefused({ id: message.id, error }) : actions.agentErrorReported({ error }),
      )
    }
  }

  /** From here on what is sent goes there, beginning with what has waited. */
  function carry(connection: Connection) {
    established = connection
    for (const message of outbox.splice(0)) sendBy(connection, message)
  }

  async function connect(
    { attempt, renew }: Attempt,
    hasTalked: boolean,
    underWay: AbortSignal,
    onEstablished: () => void,
  ): Promise<ConnectionEnd & { lastedMs: number }> {
    const connectionId = ports.createId()
    dispatch(actions.connectionAttempted({ connectionId, attempt, at: clock.now() }))
    const { token, sessionId } = await ports.sessions.ensure({ renew, signal })
    const batch = createEventBatch(ports.createFrameScheduler(), actions, {
      onEvent(event) {
        const action = toAction(event, { actions, at: clock.now(), createId: ports.createId })
        if (action) dispatch(action)
      },
      dispatch,
    })
    waiting = batch
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
        signal: underWay,
      })
      signal.throwIfAborted()
      const establishedAt = clock.now()
      onEstablished()
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
      waiting = null
      batch.clear()
      signal.removeEventListener('abort', close)
      connection.close()
    }
  }

  /** What the agent is told of the past, without what it is about to be sent. */
  async function contextFor(signal: AbortSignal): Promise<ContextMessage[]> {
    const unsent = new Set(outbox.flatMap((message) => (message.type === 'text' ? [message.id] : [])))
    const messages = selectors
      .selectContext(getState(), ports.contextMessages)
      .filter(({ id }) => !unsent.has(id))
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

  return {
    connect,
    send(message) {
      if (established) sendBy(established, message)
      return established !== null
    },
    flush: () => waiting?.flush(),
  }
}
