/** Asks for answers one at a time: OpenAI refuses `response.create` while a response is active. */
export interface ResponseQueue {
  /** One answer to all that has been sent until then, as soon as none is active. */
  request(): void
  /** Cancels the active response, if there is one. */
  cancel(): void
  onCreated(): void
  onDone(): void
  /** An `error` event: whether it was an answer to one of this queue's events, and nobody else has to know. */
  onError(error: { code: unknown; eventId: unknown }): boolean
}

export function createResponseQueue(
  send: (event: { type: 'response.create' | 'response.cancel'; event_id: string }) => void,
  createId: () => string,
): ResponseQueue {
  let isActive = false
  let isCancelled = false
  /** What was asked for is not wanted any more, and has not begun yet. */
  let isUnwanted = false
  let isWanted = false
  let asked: string | null = null
  let cancelled: string | null = null

  function pump() {
    if (!isWanted || isActive || asked) return
    isWanted = false
    asked = createId()
    send({ type: 'response.create', event_id: asked })
  }

  function cancelActive() {
    if (isCancelled) return
    isCancelled = true
    cancelled = createId()
    send({ type: 'response.cancel', event_id: cancelled })
  }

  return {
    request() {
      isWanted = true
      pump()
    },
    cancel() {
      isWanted = false
      if (isActive) cancelActive()
      else isUnwanted = asked !== null
    },
    onCreated() {
      isActive = true
      isCancelled = false
      asked = null
      if (isUnwanted) cancelActive()
      isUnwanted = false
    },
    onDone() {
      isActive = false
      pump()
    },
    onError({ code, eventId }) {
      // It was over by itself a moment before.
      if (code === 'response_cancel_not_active' || (cancelled && eventId === cancelled)) return true
      if (asked === null || eventId !== asked) return false
      asked = null
      isUnwanted = false
      // The server began one by itself, because the user spoke: ours comes after it.
      if (code !== 'conversation_already_has_active_response') return false
      isWanted = true
      isActive = true
      return true
    },
  }
}
