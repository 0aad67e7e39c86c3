import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import type { ClientMessage } from '../drivers/call/ports.js'
import type { EventNamed, Live, LiveCall } from './state.js'
import {
  confirmAnswers,
  endToolCalls,
  interruptTools,
  isToolFact,
  onToolConnection,
  onToolConnectionLost,
  onToolFact,
  onToolMessageRefused,
  onToolMessageReturned,
  sendOwedAnswers,
} from './tools.js'
import { beginEpoch, nextId, settle, settleQuietly, type Turn, tell } from './turn.js'

export const endedEarly = () => new VoiceAgentError('not-connected', 'The call was ended before it began.')
const endedUnsent = () => new VoiceAgentError('not-connected', 'The call ended before this was sent.')

export function onConnect(turn: Turn, { requestId }: EventNamed<'connectRequested'>) {
  const { session, job } = turn.live
  const isReplaced = job?.kind === 'restore' && session && (job.step === 'storage' || job.step === 'checking')
  if (isReplaced) turn.live.job = { ...job, connectIds: [...job.connectIds, requestId] }
  else joinCall(turn, [requestId])
}

/** True if the session is created only for a call that was requested. */
export const isForCallOnly = (job: NonNullable<Live['job']>) =>
  job.kind === 'create' && job.requestIds.length === 0 && !job.failed

/** Answers the requests with the call that is on, or is being made; begins one when there is none. */
export function joinCall(turn: Turn, requestIds: readonly string[]) {
  const { call } = turn.live
  if (!call) requestCall(turn, requestIds, false)
  else if (call.status === 'connected') settle(turn, requestIds)
  else turn.live.call = { ...call, requestIds: [...call.requestIds, ...requestIds] }
}

/** Not queued: it takes back whatever call there is, or is still to come. */
export function onDisconnect(turn: Turn, { requestId, isCallShown, at }: EventNamed<'disconnectRequested'>) {
  const { call, job } = turn.live
  if (job && isForCallOnly(job)) {
    turn.live.job = null
    // The session may be made already: the next page must not look for it.
    beginEpoch(turn, { isForgotten: true })
  }
  if (call) endCall(turn, at)
  else if (isCallShown) tell(turn, 'connectionClosed', { by: 'user', at })
  if (job?.kind === 'restore') {
    settle(turn, job.connectIds, endedEarly())
    turn.live.job = { ...job, isCallAllowed: false, isCallDue: false, connectIds: [] }
  }
  turn.commands.push({ type: 'flush', requestId })
}

/** Adds a call to the record. It starts as soon as there is a session. */
export function requestCall(turn: Turn, requestIds: readonly string[], isRestored: boolean) {
  const id = `call${nextId(turn)}`
  turn.live.call = { id, status: 'waiting', isRestored, agent: null, requestIds, outbox: [] }
  tell(turn, 'callBegan', { isRestored })
}

/** Starts the call that waits for the session which is open now. */
export function startWaitingCall(turn: Turn) {
  const { call, session, epoch } = turn.live
  if (!call || !session || call.status !== 'waiting') return
  turn.live.call = { ...call, status: 'connecting' }
  const { id: callId, isRestored } = call
  turn.commands.push({ type: 'startCall', callId, epoch, sessionId: session.id, isRestored })
}

/** Takes the call out of the record, and answers its requests. Texts in its outbox stay marked as unsent. */
function removeCall(turn: Turn, call: LiveCall, error: VoiceAgentError) {
  turn.live.call = null
  settle(turn, call.requestIds, error)
  for (const { requestId } of call.outbox) settle(turn, [requestId], endedUnsent())
}

/** Ends the call on this side. */
export function endCall(turn: Turn, at: number) {
  const { call } = turn.live
  if (!call) return
  if (call.status !== 'waiting') turn.commands.push({ type: 'stopCall', callId: call.id })
  removeCall(turn, call, endedEarly())
  tell(turn, 'connectionClosed', { by: 'user', at })
  endToolCalls(turn, true)
}

/** Ends a call that can't begin, or can't continue. */
export function failCall(turn: Turn, error: VoiceAgentError, at: number) {
  const { call } = turn.live
  if (!call) return
  removeCall(turn, call, error)
  tell(turn, 'connectionFailed', { error: toVoiceError(error), at })
  endToolCalls(turn, false)
}

export function sendMessage(turn: Turn, requestId: string, message: ClientMessage) {
  const { call } = turn.live
  if (!call) {
    const error = new VoiceAgentError('not-connected')
    if (message.type === 'text') tell(turn, 'textRefused', { id: message.id, error: toVoiceError(error) })
    return settle(turn, [requestId], error)
  }
  if (call.status === 'connected') {
    turn.commands.push({ type: 'send', callId: call.id, requestId, message, isQueued: false })
  } else queueMessage(turn, call, requestId, message)
}

function queueMessage(turn: Turn, call: LiveCall, requestId: string, message: ClientMessage) {
  if (canWait(message)) {
    turn.live.call = { ...call, outbox: [...call.outbox, { requestId, message }] }
    if (message.type === 'text') tell(turn, 'textQueued', { id: message.id })
  } else {
    // Without a connection no agent is heard, so there is nothing to interrupt.
    settle(turn, [requestId], message.type === 'interrupt' ? null : endedUnsent())
  }
}

const canWait = ({ type }: ClientMessage) => type === 'text' || type === 'client-message'

/**
 * Queues a message that its call had no connection for. The record may still say `connected`, because the report of the end is on its
 * way. Sending the message again would return it again, in an endless loop.
 */
export function onMessageReturned(turn: Turn, { callId, requestId, message }: EventNamed<'messageReturned'>) {
  const { call } = turn.live
  if (message.type === 'tool-answer' || message.type === 'tool-approval') onToolMessageReturned(turn, message)
  else if (call?.id === callId) queueMessage(turn, call, requestId, message)
  else sendMessage(turn, requestId, message)
}

/** Messages sent on an interrupted connection may be lost, so they stay in the outbox until one carries again. */
function drainOutbox(turn: Turn, call: LiveCall) {
  turn.live.call = { ...call, status: 'connected', requestIds: [], outbox: [] }
  for (const { requestId, message } of call.outbox) {
    turn.commands.push({ type: 'send', callId: call.id, requestId, message, isQueued: true })
  }
  settle(turn, call.requestIds)
}

function loseConnection(turn: Turn, call: LiveCall) {
  turn.live.call = { ...call, status: 'lost' }
  onToolConnectionLost(turn)
}

export function onCallReported(turn: Turn, { callId, fact }: EventNamed<'callReported'>) {
  const { call } = turn.live
  if (call?.id !== callId) return
  if (isToolFact(fact)) return onToolFact(turn, fact)
  turn.commands.push({ type: 'tell', fact })
  const { name, payload } = fact
  if (name === 'connectionEstablished') {
    drainOutbox(turn, { ...call, agent: payload.agent })
    onToolConnection(turn, payload)
  } else if (name === 'connectionRecovered') {
    drainOutbox(turn, call)
    sendOwedAnswers(turn)
  } else if (name === 'assistantTurnInterrupted') interruptTools(turn)
  else if (name === 'assistantTurnCompleted') confirmAnswers(turn)
  else if (name === 'connectionInterrupted') turn.live.call = { ...call, status: 'interrupted' }
  else if (name === 'connectionLost' || name === 'reconnectScheduled') loseConnection(turn, call)
}

export function onCallEnded(turn: Turn, { callId, error, at }: EventNamed<'callEnded'>) {
  const { call } = turn.live
  if (call?.id !== callId) return
  if (error) failCall(turn, error, at)
  else {
    removeCall(turn, call, new VoiceAgentError('agent-unreachable', 'The agent hung up.'))
    tell(turn, 'connectionClosed', { by: 'agent', at })
    endToolCalls(turn, true)
  }
}

export function onMessageSent(turn: Turn, { callId, requestId, queuedTextId }: EventNamed<'messageSent'>) {
  if (queuedTextId !== null && turn.live.call?.id === callId) tell(turn, 'textSent', { id: queuedTextId })
  if (requestId !== '') settleQuietly(turn, requestId)
}

export function onMessageRefused(
  turn: Turn,
  { callId, requestId, textId, message, error }: EventNamed<'messageRefused'>,
) {
  if (message.type === 'tool-answer' || message.type === 'tool-approval')
    onToolMessageRefused(turn, message, error)
  else settle(turn, [requestId], error)
  if (turn.live.call?.id !== callId) return
  if (textId === null) tell(turn, 'agentErrorReported', { error: toVoiceError(error) })
  else tell(turn, 'textRefused', { id: textId, error: toVoiceError(error) })
}

/** True if the tab must remember, for its next page, a call that no stored session records. */
export function isCallPending({ call, session, job }: Live): boolean {
  if (job?.kind === 'restore' && job.isCallDue && job.step !== 'calling' && job.step !== 'idle') return true
  return call !== null && session === null
}
