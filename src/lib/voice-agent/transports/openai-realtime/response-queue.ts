import type { ClientMessage } from '../../../../../middleware/drivers/call/ports.js'

/** Requests responses one at a time, because OpenAI rejects `response.create` while a response is active. */
export interface ResponseQueue {
  /** Requests one response to all messages sent so far, once no response is active. */
  request(): void
  /** Cancels the active and the requested response. */
  cancel(): void
  onCreated(): void
  onDone(): void
  /** Handles an `error` event. Returns true if the error is expected and must not be reported. */
  onError(error: { code: unknown; eventId: unknown }): boolean
}

export function createResponseQueue(
  send: (event: { type: 'response.create' | 'response.cancel'; event_id: string }) => void,
  createId: () => string,
): ResponseQueue {
  let isActive = false
  let isCancelled = false
  /** True if the requested response must be cancelled as soon as it starts. */
  let cancelOnCreated = false
  let isRequested = false
  let requestId: string | null = null
  let cancelId: string | null = null

  function pump() {
    if (!isRequested || isActive || requestId) return
    isRequested = false
    requestId = createId()
    send({ type: 'response.create', event_id: requestId })
  }

  function cancelActive() {
    if (isCancelled) return
    isCancelled = true
    cancelId = createId()
    send({ type: 'response.cancel', event_id: cancelId })
  }

  return {
    request() {
      isRequested = true
      pump()
    },
    cancel() {
      isRequested = false
      if (isActive) cancelActive()
      else cancelOnCreated = requestId !== null
    },
    onCreated() {
      isActive = true
      isCancelled = false
      requestId = null
      if (cancelOnCreated) cancelActive()
      cancelOnCreated = false
    },
    onDone() {
      isActive = false
      pump()
    },
    onError({ code, eventId }) {
      // The response ended just before the cancellation arrived.
      if (code === 'response_cancel_not_active' || (cancelId && eventId === cancelId)) return true
      // Compatible servers may omit the id.
      if (requestId === null || (typeof eventId === 'string' && eventId !== requestId)) return false
      requestId = null
      cancelOnCreated = false
      // The server started a response because the user spoke. The requested one follows it.
      if (code !== 'conversation_already_has_active_response') return false
      isRequested = true
      isActive = true
      return true
    },
  }
}

type Answer = Extract<ClientMessage, { type: 'tool-answer' }>

/** Unanswered calls of the app's tools. */
export interface OpenToolCalls {
  started(toolCallId: string, name: string): void
  answered(message: Answer): void
}

/**
 * Tracks the agent's tool calls. Requests a response only after the last answer, because an earlier one would be based on
 * only some of the answers.
 *
 * @param names Names of the app's tools. The agent's server answers all others.
 */
export function createOpenToolCalls(
  names: ReadonlySet<string>,
  {
    answer,
    tell,
    requestResponse,
  }: {
    /** Answers an open call. */
    answer(message: Answer): void
    /** Reports the outcome of a call that was already answered, or belongs to another session. */
    tell(message: Answer): void
    requestResponse(): void
  },
): OpenToolCalls {
  const open = new Set<string>()
  return {
    started(toolCallId, name) {
      if (names.has(name)) open.add(toolCallId)
    },
    answered(message) {
      const isOpen = open.delete(message.toolCallId)
      if (isOpen) answer(message)
      else if (message.isLate) tell(message)
      else return
      if (open.size === 0 && !message.isQuiet) requestResponse()
    },
  }
}
