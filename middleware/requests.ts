import type { UnknownAction } from '@reduxjs/toolkit'
import {
  findMessage,
  findToolCall,
  type Intent,
  isCallWanted,
  isOutcomeOpen,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentState,
} from '../store/index.js'

const isTextOrNull = (value: unknown) => value === null || typeof value === 'string'

/**
 * Returns the reason to refuse an intent, if there is one: it is then answered, and changes nothing.
 *
 * @param present The agent's present state.
 * @param canChangeScope False for a storage of the app that knows no users.
 */
export function refusalOf(
  action: UnknownAction,
  actions: VoiceAgentActions,
  present: VoiceAgentState,
  canChangeScope = true,
): VoiceAgentError | null {
  const invalid = (expected: string, got: unknown) =>
    new VoiceAgentError('invalid-option', `${action.type} needs ${expected}, not ${describe(got)}.`)
  /** The id names nothing of this kind any longer, which the user can cause by pressing twice. */
  const late = (expected: string) =>
    new VoiceAgentError('too-late', `${action.type} needs ${expected}: it is none any longer, or never was.`)
  const needsCall = () =>
    isCallWanted(present.connection.status) ? null : new VoiceAgentError('not-connected')

  if (actions.sendTextRequested.match(action)) {
    const { text } = action.payload
    if (typeof text !== 'string' || text.trim() === '') return invalid('a text', text)
    return needsCall()
  }
  if (actions.resendTextRequested.match(action)) {
    const { messages, outbox } = present.conversation
    const { id } = action.payload
    const isNotSent = !outbox.includes(id) && findMessage(messages, id)?.isUnsent
    return isNotSent ? null : late('the id of a text that was not sent')
  }
  if (actions.clientMessageRequested.match(action)) {
    const { name } = action.payload
    return typeof name === 'string' ? needsCall() : invalid('a name', name)
  }
  if (actions.interruptRequested.match(action)) return needsCall()
  if (actions.toolCallAnswered.match(action)) {
    // Without a call, too: the outcome of a tool is never lost.
    const tool = findToolCall(present.conversation.messages, action.payload.toolCallId)
    if (tool && isOutcomeOpen(tool)) return null
    return needsCall() ?? late('the id of a tool call without an outcome')
  }
  if (actions.approveToolRequested.match(action) || actions.declineToolRequested.match(action)) {
    const tool = findToolCall(present.conversation.messages, action.payload.toolCallId)
    const isPending = tool?.status === 'awaiting-approval'
    return isPending ? null : late('the id of a tool call that waits for approval')
  }
  if (actions.volumeRequested.match(action)) {
    const { volume } = action.payload
    const isVolume = typeof volume === 'number' && volume >= 0 && volume <= 1
    return isVolume ? null : invalid('a volume from 0 to 1', volume)
  }
  if (actions.talkModeRequested.match(action)) {
    const { talk } = action.payload
    const isMode = talk === 'hands-free' || talk === 'push-to-talk' || talk === 'text'
    return isMode ? null : invalid("'hands-free', 'push-to-talk' or 'text'", talk)
  }
  const isTalk = actions.startTalkingRequested.match(action) || actions.stopTalkingRequested.match(action)
  if (isTalk && present.connection.talk !== 'push-to-talk')
    return invalid("the mode 'push-to-talk'", present.connection.talk)
  if (actions.selectMicrophoneRequested.match(action) || actions.selectSpeakerRequested.match(action)) {
    const { deviceId } = action.payload
    return isTextOrNull(deviceId) ? null : invalid('a device id or null', deviceId)
  }
  if (actions.restoreRequested.match(action)) {
    const { sessionId } = action.payload
    return isTextOrNull(sessionId) ? null : invalid('a session id or null', sessionId)
  }
  if (actions.resetRequested.match(action)) {
    const { scope } = action.payload ?? {}
    const isScope = scope === undefined || scope === null || (typeof scope === 'string' && scope !== '')
    if (!isScope) return invalid('a scope or null', scope)
    return scope === undefined || canChangeScope
      ? null
      : new VoiceAgentError('invalid-option', `${action.type} needs a persistence.storage with reopen().`)
  }
  if (actions.consentChanged.match(action)) {
    const { consent } = action.payload
    return typeof consent === 'boolean' ? null : invalid('true or false', consent)
  }
  if (actions.deleteSessionRequested.match(action)) {
    const { sessionId } = action.payload
    return typeof sessionId === 'string' ? null : invalid('a session id', sessionId)
  }
  if (actions.renameSessionRequested.match(action)) {
    const { sessionId, title } = action.payload
    if (typeof sessionId !== 'string') return invalid('a session id', sessionId)
    return isTextOrNull(title) ? null : invalid('a title or null', title)
  }
  return null
}

/** Describes a value without the content of a text, which may be what was said. */
const describe = (value: unknown) => (typeof value === 'number' ? String(value) : typeof value)

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
