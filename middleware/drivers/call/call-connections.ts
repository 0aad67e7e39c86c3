import { nanoid } from '@reduxjs/toolkit'
import { type AgentContinuation, toVoiceError, VoiceAgentError } from '../../../store/index.js'
import { abortable } from '../../waiting.js'
import type { Warning } from '../../warnings.js'
import type { AgentToken } from '../token/ports.js'
import type { ToolDescription, VoiceTools } from '../tools/ports.js'
import type { StandardSchema } from '../tools/standard-schema.js'
import { type Connection, type ConnectionEnd, createConnection } from './connection.js'
import { type ConnectionEvents, createConnectionEvents } from './connection-events.js'
import { type ContextPorts, readContext } from './context.js'
import type { CallMedia, FrameScheduler } from './page-ports.js'
import type { ClientMessage, TransportMemo, VoiceTransportFactory } from './ports.js'
import type { Sampling } from './sampling.js'

export interface ConnectionsPorts extends ContextPorts {
  apiEndpoint: string
  transport: VoiceTransportFactory
  media: CallMedia
  createFrameScheduler(): FrameScheduler
  sampling: Sampling
  tools: VoiceTools
  sessionId: string
  /** See `RunningCall.isSwitched`. Reset once a connection over the current transport is established. */
  call: { isSwitched: boolean }
  /** True if another tab keeps the agent until the first connection is established. */
  isHandover: boolean
  getToken(options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken>
  memo: TransportMemo
}

export interface Attempt {
  /** Failed attempts since the last stable connection. */
  attempt: number
  /** Requests a new token, because the server rejected the current one. */
  renew: boolean
}

export type EndedConnection = ConnectionEnd & {
  /** Milliseconds between its establishment and its end; 0 if it was not established. */
  lastedMs: number
}

/** Sound energy of a few seconds of speech: proof that the agent has talked. */
const TALKED_ENERGY = 0.02

/** Connections of one call, one at a time. */
export interface CallConnections {
  /**
   * Resolves with the reason why the connection ended. Rejects if it could not be established.
   *
   * @param attemptSignal Aborts the attempt, but not a connection that is already established.
   */
  connect(
    attempt: Attempt,
    isResumed: boolean,
    attemptSignal: AbortSignal,
    onEstablished: () => void,
  ): Promise<EndedConnection>
  /**
   * Sends a message, and returns false if there is no connection. A text may still be held by the transport: `textSent` is reported when it
   * leaves the page.
   *
   * @throws the transport's error if it can't send the message.
   */
  send(message: ClientMessage): 'sent' | 'held' | false
  /** Passes on the events that are waiting for a frame, and the texts that have left the page. */
  flush(): void
  /** True if the current connection's agent can move to another tab without a pause. */
  canHandOver(): boolean
  /** Tells the agent that the user has ended the call. Must be called before the call's signal aborts. */
  endOnPurpose(): void
  /** Ends the current connection or attempt, because the transport was switched. */
  replace(): void
  /** True if the transport was switched during the last attempt, so the next attempt need not wait. */
  isReplaced(): boolean
}

/**
 * Milliseconds until the first check for texts that the transport still holds. Doubled for each further check. Short, because most texts leave
 * immediately, and a page that closes before the check stores the text as not sent.
 */
const FIRST_CHECK_MS = 5
const MAX_INTERVAL_MS = 100

/** Texts that were passed to the transport of one connection, but have not left the page yet, for example in an outage. */
interface HeldTexts {
  /** Watches a text until it has left the page, and reports that. Returns false if it has already left. */
  watch(textId: string): boolean
  /** Reports the texts that have left since the last check. */
  check(): void
  /** Checks for the last time. */
  stop(): void
}

/**
 * @param undelivered Returns the ids of all texts that have not left the page.
 * @param onLeft Called with each text that was held and has left the page.
 */
function createHeldTexts(undelivered: () => string[], onLeft: (textId: string) => void): HeldTexts {
  let held: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function check() {
    if (held.length === 0) return
    const stillHeld = undelivered()
    const left = held.filter((id) => !stillHeld.includes(id))
    held = held.filter((id) => stillHeld.includes(id))
    for (const id of left) onLeft(id)
  }

  function checkAfter(delay: number) {
    clearTimeout(timer)
    timer = setTimeout(() => {
      check()
      if (held.length > 0) checkAfter(Math.min(2 * delay, MAX_INTERVAL_MS))
    }, delay)
  }

  return {
    watch(textId) {
      if (!undelivered().includes(textId)) return false
      held.push(textId)
      checkAfter(FIRST_CHECK_MS)
      return true
    },
    check,
    stop() {
      check()
      clearTimeout(timer)
    },
  }
}

/**
 * Converts the schema to JSON Schema for the agent's model if its library supports Standard JSON Schema; otherwise returns undefined.
 * Source: https://standardschema.dev/json-schema
 */
function toJsonSchema(schema: StandardSchema): unknown {
  const { jsonSchema } = schema['~standard'] as {
    jsonSchema?: { input(options: { target: string }): unknown }
  }
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // JSON Schema can't express part of the schema.
    return undefined
  }
}

/** Describes the tools for the agent. */
function describeTools(tools: VoiceTools): ToolDescription[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => {
    const schema = toJsonSchema(parameters)
    return { name, description, ...(schema === undefined ? {} : { parameters: schema }) }
  })
}

/** Reports the events of each connection, and closes the current one when `signal` aborts. */
export function createConnections(ports: ConnectionsPorts): CallConnections {
  const { call, report, signal, sampling } = ports
  /** Connection that messages are sent over; null while it is interrupted. */
  let established: Connection | null = null
  let current: { connection: Connection; events: ConnectionEvents; heldTexts: HeldTexts } | null = null
  /** Aborts the current attempt, because the transport was switched. */
  let replaced = new AbortController()
  /** Reset once a connection is established. */
  let { isHandover } = ports

  async function connect(
    { attempt, renew }: Attempt,
    isResumed: boolean,
    attemptSignal: AbortSignal,
    onEstablished: () => void,
  ): Promise<EndedConnection> {
    const connectionId = nanoid()
    const replacement = new AbortController()
    replaced = replacement
    report({ name: 'connectionAttempted', payload: { connectionId, attempt, at: Date.now() } })
    const { token, sessionId, url, iceServers = [] } = await ports.getToken({ renew, signal })
    signal.throwIfAborted()
    if (replacement.signal.aborted) return { by: 'replacement', lastedMs: 0 }
    const events = createConnectionEvents(ports.createFrameScheduler(), report, () => connection.replace())
    /** True once the agent has sent a conversation event, or the developer has been warned that it doesn't. */
    let isUnderstood = false
    const connection = createConnection(
      { ...ports, iceServers },
      {
        onEvent(event) {
          // The agent may be answering a text, which must then count as sent.
          heldTexts.check()
          isUnderstood ||= /^(user|assistant|toolCall)/.test(event.type)
          events.push(event)
        },
        onInterrupted(error) {
          // Messages sent now may be lost with the connection.
          established = null
          report({
            name: 'connectionInterrupted',
            payload: { connectionId, error: toVoiceError(error), at: Date.now() },
          })
        },
        onRecovered() {
          established = connection
          // Restarts the quiet clock, because nothing could arrive during the interruption.
          events.touch()
          report({ name: 'connectionRecovered', payload: { connectionId, at: Date.now() } })
        },
        onEndAnnounced: events.onEndAnnounced,
      },
    )
    const heldTexts = createHeldTexts(connection.undelivered, (id) =>
      report({ name: 'textSent', payload: { id } }),
    )
    current = { connection, events, heldTexts }
    const close = () => {
      // Passes on text that no frame has shown yet, because it was said.
      events.flush()
      connection.close()
    }
    signal.addEventListener('abort', close)
    try {
      const context = await readContext(ports)
      signal.throwIfAborted()
      const agent: AgentContinuation = await connection.connect({
        token,
        sessionId,
        ...(url === undefined ? {} : { url }),
        resume: isResumed && !call.isSwitched,
        context,
        tools: describeTools(ports.tools),
        ...(isHandover && { isHandover: true }),
        signal: AbortSignal.any([attemptSignal, replacement.signal]),
      })
      signal.throwIfAborted()
      replacement.signal.throwIfAborted()
      const establishedAt = Date.now()
      onEstablished()
      established = connection
      call.isSwitched = isHandover = false
      // Starts the quiet clock, so that nothing stays open forever even if the agent never says a word.
      events.touch()
      report({ name: 'connectionEstablished', payload: { connectionId, agent, at: establishedAt } })
      sampling.start(connectionId, ({ soundEnergy }) => {
        if (isUnderstood || soundEnergy < TALKED_ENERGY || !connection.hasChannel()) return
        isUnderstood = true
        ports.warn({ warning: 'bot-not-understood', got: 'audio, but no messages.' } satisfies Warning)
      })
      const end = await abortable(connection.ended, signal)
      events.flush()
      heldTexts.check()
      established = null
      if (end.by !== 'agent') {
        const texts = connection.undelivered()
        const at = Date.now()
        const payload = { connectionId, at, ...(texts.length > 0 ? { undeliveredTextIds: texts } : {}) }
        if (end.by === 'replacement') report({ name: 'connectionReplaced', payload })
        else report({ name: 'connectionLost', payload: { ...payload, error: toVoiceError(end.error) } })
      }
      return { ...end, lastedMs: Date.now() - establishedAt }
    } catch (error) {
      if (!replacement.signal.aborted || signal.aborted) throw error
      return { by: 'replacement', lastedMs: 0 }
    } finally {
      sampling.stop()
      established = null
      current = null
      events.stop()
      heldTexts.stop()
      signal.removeEventListener('abort', close)
      connection.close()
    }
  }

  return {
    connect,
    send(message) {
      current?.events.touch()
      if (!established?.send(message)) return false
      current?.events.onSent(message)
      return message.type === 'text' && current?.heldTexts.watch(message.id) ? 'held' : 'sent'
    },
    flush() {
      current?.heldTexts.check()
      current?.events.flush()
    },
    canHandOver: () => established?.canHandOver() ?? false,
    endOnPurpose: () => current?.connection.endOnPurpose(),
    replace() {
      // Messages sent from now on wait for the next connection.
      established = null
      replaced.abort(new VoiceAgentError('superseded', 'Another transport replaces this one.'))
      current?.connection.endOnPurpose()
      current?.connection.replace()
    },
    isReplaced: () => replaced.signal.aborted,
  }
}
