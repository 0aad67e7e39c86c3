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
    resetRequested({ scope } = {}) {
      if (scope === undefined) return null
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

/** Pending requests by id. Each is answered exactly once. */
export interface Requests {
  /** Dispatches an intent, and settles with its answer. */
  request<Value = void>(intent: Intent): Promise<Value>
  /** Dispatches an intent that is answered synchronously, unless another action is being handled. @throws its error */
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
      // The state shows an answer that arrives later.
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
