import {
  findMessage,
  findToolCall,
  type Intent,
  isCallWanted,
  isOutcomeOpen,
  isTalkMode,
  VoiceAgentError,
  type VoiceAgentState,
} from '../store/index.js'
import type { FactPayload, IntentName } from './live/events.js'

const isText = (value: unknown) => typeof value === 'string'
const isTextOrNull = (value: unknown) => value === null || isText(value)

/**
 * Returns the reason to refuse an intent, or null. A refused intent is answered but changes nothing.
 *
 * @param name Name of the action, without the agent's path.
 * @param present The agent's present state.
 * @param canChangeScope False for a custom storage without scopes.
 */
export function refusalOf(
  { type, payload }: Intent,
  name: string,
  { connection, conversation: { messages, outbox } }: VoiceAgentState,
  canChangeScope: boolean,
): VoiceAgentError | null {
  const needs = (isValid: unknown, expected: string, got: unknown) =>
    isValid ? null : new VoiceAgentError('invalid-option', `${type} needs ${expected}, not ${describe(got)}.`)
  /** The id may have become outdated, for example because the user pressed a button twice. */
  const needsIdOf = (isKnown: unknown, expected: string) =>
    isKnown ? null : new VoiceAgentError('too-late', `${type} needs the id of ${expected}; got another id.`)
  const needsCall = () =>
    isCallWanted(connection.status)
      ? null
      : new VoiceAgentError('not-connected', `${type} needs connect() first.`)
  const needsPending = ({ toolCallId }: { toolCallId: string }) =>
    needsIdOf(
      findToolCall(messages, toolCallId)?.status === 'awaiting-approval',
      'a tool call that waits for approval',
    )
  const needsPushToTalk = () =>
    needs(connection.talk === 'push-to-talk', "the mode 'push-to-talk'", connection.talk)
  const needsDevice = ({ deviceId }: { deviceId: unknown }) =>
    needs(isTextOrNull(deviceId), 'a device id or null', deviceId)
  const needsSession = ({ sessionId }: { sessionId: unknown }) =>
    needs(isText(sessionId), 'a session id', sessionId)

  /** Validators by intent name. Intents without one are always valid. */
  const checks: { [Name in IntentName]?: (payload: FactPayload<Name>) => VoiceAgentError | null } = {
    sendTextRequested: ({ text }) =>
      needs(isText(text) && text.trim(), 'a text that is not blank', text) ?? needsCall(),
    resendTextRequested: ({ id }) =>
      needsIdOf(!outbox.includes(id) && findMessage(messages, id)?.isUnsent, 'a text that was not sent'),
    clientMessageRequested: (message) => needs(isText(message.name), 'a name', message.name) ?? needsCall(),
    interruptRequested: needsCall,
    toolCallAnswered({ toolCallId }) {
      const tool = findToolCall(messages, toolCallId)
      // Allowed without a call too, so that a tool's outcome is never lost.
      if (tool && isOutcomeOpen(tool)) return null
      return needsCall() ?? needsIdOf(false, 'a tool call without an outcome')
    },
    approveToolRequested: needsPending,
    declineToolRequested: needsPending,
    volumeRequested: ({ volume }) =>
      needs(typeof volume === 'number' && volume >= 0 && volume <= 1, 'a volume from 0 to 1', volume),
    talkModeRequested: ({ talk }) => needs(isTalkMode(talk), "'hands-free', 'push-to-talk' or 'text'", talk),
    startTalkingRequested: needsPushToTalk,
    stopTalkingRequested: needsPushToTalk,
    selectMicrophoneRequested: needsDevice,
    selectSpeakerRequested: needsDevice,
    restoreRequested: ({ sessionId }) => needs(isTextOrNull(sessionId), 'a session id or null', sessionId),
    resetRequested(options = {}) {
      const scope = options?.scope
      if (scope === undefined) return needs(Object(options) === options, '{ scope }', options)
      const isScope = isTextOrNull(scope) && scope !== ''
      if (!isScope || canChangeScope) return needs(isScope, 'a scope or null', scope)
      return new VoiceAgentError('invalid-option', `${type} needs a persistence.storage with reopen().`)
    },
    consentChanged: ({ consent }) => needs(typeof consent === 'boolean', 'true or false', consent),
    deleteSessionRequested: needsSession,
    renameSessionRequested: (rename) =>
      needsSession(rename) ?? needs(isTextOrNull(rename.title), 'a title or null', rename.title),
  }
  if (!Object.hasOwn(checks, name)) return null
  // The cast is safe: each check gets the payload of its own intent.
  return (checks[name as IntentName] as (payload: unknown) => VoiceAgentError | null)(payload)
}

/** Describes a value without the content of a string, which may be conversation text. */
const describe = (value: unknown) => (typeof value === 'number' ? String(value) : typeof value)

/** Receives the answer to a request. */
type Answer = (error: VoiceAgentError | null, value?: unknown) => void

interface Pending {
  intent: Intent
  answer: Answer
  /** The caller's promise; null if the request was made synchronously. */
  answered: Promise<unknown> | null
}

/** Pending requests by id. Each is answered exactly once. */
export interface Requests {
  /**
   * Dispatches an intent, and settles with its answer.
   *
   * @param toResult Converts the answer's value.
   */
  request<Value = void, Result = Value>(intent: Intent, toResult?: (value: Value) => Result): Promise<Result>
  /** Dispatches an intent that is answered synchronously, unless another action is being handled. @throws its error */
  requestNow(intent: Intent): void
  /** Runs asynchronous work. If the agent ends meanwhile, a caller that ignores the promise gets no unhandled rejection. */
  track<T>(work: () => Promise<T>): Promise<T>
  settle(requestId: string, error: VoiceAgentError | null, value?: unknown): void
  /**
   * Answers all pending requests, because the agent ends. A caller that ignores its promise gets no unhandled rejection.
   *
   * @param ended Resolves the requests that this end fulfils.
   */
  settleAll(error: VoiceAgentError, ended: Promise<void> | undefined): void
}

/**
 * @param open Returns a dispatch that does not throw. Throws if there is no store to dispatch to.
 * @param isFulfilled True for an intent that the end of the agent fulfils.
 */
export function createRequests(
  open: () => (intent: Intent) => void,
  isFulfilled: (intent: Intent) => boolean,
): Requests {
  const pending = new Map<string, Pending>()
  const tracked = new Set<Promise<unknown>>()

  return {
    track<T>(work: () => Promise<T>): Promise<T> {
      const working = work().finally(() => tracked.delete(working))
      tracked.add(working)
      return working
    },
    request<Value, Result>(intent: Intent, toResult?: (value: Value) => Result): Promise<Result> {
      let answer: Answer = () => {}
      const answered = new Promise<Result>((resolve, reject) => {
        answer = (error, value) => {
          if (error) return reject(error)
          resolve(toResult ? toResult(value as Value) : (value as Result))
        }
      })
      try {
        const dispatch = open()
        pending.set(intent.meta.requestId, { intent, answer, answered })
        dispatch(intent)
      } catch (error) {
        answer(error as VoiceAgentError)
      }
      return answered
    },
    requestNow(intent) {
      const dispatch = open()
      let refusal = null as VoiceAgentError | null
      pending.set(intent.meta.requestId, {
        intent,
        answer(error) {
          refusal = error
        },
        answered: null,
      })
      dispatch(intent)
      // The state shows an answer that arrives later.
      pending.delete(intent.meta.requestId)
      if (refusal) throw refusal
    },
    settle(requestId, error, value) {
      const request = pending.get(requestId)
      pending.delete(requestId)
      request?.answer(error, value)
    },
    settleAll(error, ended) {
      for (const working of tracked) working.catch(() => {})
      for (const { intent, answer, answered } of pending.values()) {
        answered?.catch(() => {})
        if (isFulfilled(intent)) answer(null, ended)
        else answer(error)
      }
      pending.clear()
    },
  }
}
