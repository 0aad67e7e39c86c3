import type { Intent, VoiceAgentError } from '../store/index.js'

/** Passes on the answer to a request. */
type Answer = (error: VoiceAgentError | null, value?: unknown) => void

/** Requests and their answers: each request is answered once, by its id. */
export interface Requests {
  /** Dispatches an intent. Resolves or rejects with its answer. */
  request<Value = void>(intent: Intent): Promise<Value>
  /** Dispatches an intent that is answered in the same task, unless another action is being handled. @throws its error */
  requestNow(intent: Intent): void
  settle(requestId: string, error: VoiceAgentError | null, value?: unknown): void
  settleAll(error: VoiceAgentError): void
}

/** @param open Returns a dispatch that does not throw. Throws if there is no store to dispatch to. */
export function createRequests(open: () => (intent: Intent) => void): Requests {
  const answers = new Map<string, Answer>()

  return {
    request<Value>(intent: Intent): Promise<Value> {
      return new Promise((resolve, reject) => {
        const dispatch = open()
        answers.set(intent.meta.requestId, (error, value) =>
          error ? reject(error) : resolve(value as Value),
        )
        dispatch(intent)
      })
    },
    requestNow(intent) {
      const dispatch = open()
      let refusal = null as VoiceAgentError | null
      answers.set(intent.meta.requestId, (error) => {
        refusal = error
      })
      dispatch(intent)
      // An answer that comes later is in the state.
      answers.delete(intent.meta.requestId)
      if (refusal) throw refusal
    },
    settle(requestId, error, value) {
      const answer = answers.get(requestId)
      answers.delete(requestId)
      answer?.(error, value)
    },
    settleAll(error) {
      for (const answer of answers.values()) answer(error)
      answers.clear()
    },
  }
}
