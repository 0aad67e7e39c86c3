import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import type { EventNamed, Fact, FactPayload, ToolFact } from './events.js'
import {
  acknowledge,
  drainOutbox,
  endedUnsent,
  loseConnection,
  markQueued,
  onTextLeft,
  recordLostConnection,
  sendAgain,
} from './outbox.js'
import {
  beginEpoch,
  type Live,
  type LiveCall,
  nextId,
  noteEnd,
  type QueuedMessage,
  type Reaction,
  settle,
  tell,
} from './state.js'
import { confirmAnswers, onToolConnection, onToolConnectionLost, sendOwedAnswers } from './tool-answers.js'
import { endToolCalls, holdToolFact, interruptTools, onToolFact, releaseToolFacts } from './tools.js'

export const endedEarly = () => new VoiceAgentError('not-connected', 'The call was ended before it began.')

export function onConnect(reaction: Reaction, { requestId }: EventNamed<'connectRequested'>) {
  const { session, job } = reaction.live
  const isReplaced = job?.kind === 'restore' && session && (job.step === 'storage' || job.step === 'checking')
  if (isReplaced) reaction.live.job = { ...job, connectIds: [...job.connectIds, requestId] }
  else joinCall(reaction, [requestId])
}

/** True if the session is created only for a call that was requested. */
export const isForCallOnly = (job: NonNullable<Live['job']>) =>
  job.kind === 'create' && job.requestIds.length === 0 && !job.failed

/** Attaches the requests to the current call, or starts one if there is none. */
export function joinCall(reaction: Reaction, requestIds: readonly string[]) {
  const { call } = reaction.live
  if (!call) requestCall(reaction, requestIds, false)
  else if (call.status === 'connected') settle(reaction, requestIds)
  else reaction.live.call = { ...call, requestIds: [...call.requestIds, ...requestIds] }
}

/** Id of the session that is open, or else being restored; null if there is none, or if the tab's token has not been read. */
const openingId = ({ session, job }: Live) => session?.id ?? (job?.kind === 'restore' ? job.sessionId : null)

/** Runs immediately, and cancels both the current call and one that is still pending. */
export function onDisconnect(
  reaction: Reaction,
  { requestId, isCallShown, at }: EventNamed<'disconnectRequested'>,
) {
  const { call, job } = reaction.live
  noteEnd(reaction, openingId(reaction.live), true)
  if (job && isForCallOnly(job)) {
    reaction.live.job = null
    // The session may already exist. The next page must not look for it.
    beginEpoch(reaction, { isForgotten: true })
  }
  if (call) endCall(reaction, at)
  else if (isCallShown) tell(reaction, 'connectionClosed', { by: 'user', at })
  if (job?.kind === 'restore') {
    settle(reaction, job.connectIds, endedEarly())
    reaction.live.job = { ...job, isCallAllowed: false, isCallDue: false, connectIds: [] }
  }
  reaction.commands.push({ type: 'flush', requestId })
}

/**
 * Adds a call to the record. It starts once there is a session.
 *
 * @param outbox Texts of a restored session that were still unsent when its page was left.
 */
export function requestCall(
  reaction: Reaction,
  requestIds: readonly string[],
  isRestored: boolean,
  outbox: readonly QueuedMessage[] = [],
) {
  addCall(reaction, requestIds, isRestored, outbox)
  tell(reaction, 'callBegan', { isRestored })
  markQueued(reaction, outbox)
}

function addCall(
  reaction: Reaction,
  requestIds: readonly string[],
  isRestored: boolean,
  outbox: readonly QueuedMessage[] = [],
): LiveCall {
  const call: LiveCall = {
    id: `call${nextId(reaction)}`,
    status: 'waiting',
    isRestored,
    isPrepared: false,
    early: null,
    agent: null,
    requestIds,
    press: null,
    attemptId: null,
    held: [],
    outbox,
    sent: [],
  }
  noteEnd(reaction, openingId(reaction.live), false)
  reaction.live.call = call
  return call
}

/** Starts a waiting call if a session is open. Otherwise prepares it. */
export function startWaitingCall(reaction: Reaction) {
  const { call, session } = reaction.live
  if (call?.status !== 'waiting') return
  if (!session) {
    if (!call.isPrepared) reaction.commands.push({ type: 'prepareCall', callId: call.id })
    reaction.live.call = { ...call, isPrepared: true }
    return
  }
  start(reaction, call, session.id)
}

function start(reaction: Reaction, call: LiveCall, sessionId: string, isHandover = false) {
  const { isSwitched, epoch } = reaction.live
  const { id: callId, isRestored } = call
  reaction.live.call = { ...call, status: 'connecting', isPrepared: true }
  reaction.commands.push({ type: 'startCall', callId, epoch, sessionId, isRestored, isSwitched, isHandover })
}

/** Starts a waiting call once its session's token has arrived, in parallel with creating the session. */
export function startEarlyCall(reaction: Reaction, jobId: number, sessionId: string) {
  const { call } = reaction.live
  if (call?.status !== 'waiting') return
  start(reaction, { ...call, early: { jobId, facts: [], isTokenChanged: false } }, sessionId)
}

/** Starts a call in a session that another tab still has, on behalf of the job that takes over the session. */
export function startHandover(reaction: Reaction, jobId: number, sessionId: string) {
  const call = addCall(reaction, [], false)
  const early = { jobId, facts: [], isTokenChanged: false }
  start(reaction, { ...call, early }, sessionId, true)
}

/** Completes a handover whose session is now open here: the call's reports take effect. */
export function completeHandover(reaction: Reaction) {
  const { call } = reaction.live
  if (!call) return
  tell(reaction, 'callBegan', { isRestored: true })
  markQueued(reaction, call.outbox)
  releaseEarlyCall(reaction)
  reaction.commands.push({ type: 'openMicrophone', callId: call.id })
}

/** True while a session is being taken over from another tab that still has it. */
const isTakingOver = ({ live: { session, job } }: Reaction) =>
  session === null && job?.kind === 'restore' && job.taken !== null

/** Gives up a takeover and its call. Dispatches nothing, because the state shows the other tab's conversation. */
export function failTakeover(reaction: Reaction, error: VoiceAgentError) {
  const { call, job } = reaction.live
  reaction.live.job = null
  if (job) settle(reaction, job.requestIds, error)
  if (!call) return
  reaction.commands.push({ type: 'stopCall', callId: call.id, isQuiet: true })
  removeCall(reaction, call, error)
}

/** Leaves the call without a goodbye, like a closing page: its texts are stored, and its agent waits for the next connection. */
export function leaveCall(reaction: Reaction) {
  const { call } = reaction.live
  if (!call) return
  reaction.commands.push({ type: 'stopCall', callId: call.id, isQuiet: true })
  reaction.live.call = null
  settle(reaction, call.requestIds, new VoiceAgentError('call-moved'))
  // Unsent texts are stored with the session, and the other tab sends them. Other messages are lost.
  for (const { requestId, message } of call.outbox)
    if (requestId !== null) settle(reaction, [requestId], message.type === 'text' ? null : endedUnsent())
}

/** Makes a call that started early wait for the next session, if its own is not created after all. It gets a new id, as a new call for the agent. */
export function returnEarlyCall(reaction: Reaction) {
  const { call, job, session } = reaction.live
  if (!call?.early || session || job?.id === call.early.jobId) return
  reaction.commands.push({ type: 'stopCall', callId: call.id })
  // Its media stop too, but their last reports have the previous id.
  tell(reaction, 'microphoneChanged', { microphone: 'off' })
  tell(reaction, 'playbackChanged', { playback: 'idle' })
  const id = `call${nextId(reaction)}`
  reaction.live.call = { ...call, id, status: 'waiting', isPrepared: false, early: null }
}

/** Passes on the reports of a call that started early, once its session exists. */
export function releaseEarlyCall(reaction: Reaction) {
  const { call, session, epoch } = reaction.live
  if (!call?.early || !session) return
  const { facts, isTokenChanged } = call.early
  reaction.live.call = { ...call, early: null }
  if (isTokenChanged) reaction.commands.push({ type: 'saveToken', epoch, sessionId: session.id })
  // Nothing can be sent over a connection that has been lost meanwhile, so its texts wait for the current one.
  const lostAt = facts.findLastIndex(({ name }) => name === 'connectionLost' || name === 'connectionReplaced')
  for (const [index, fact] of facts.entries())
    onCallReported(reaction, { type: 'callReported', callId: call.id, fact }, index < lostAt)
}

/** True for reports about the page's media, which apply regardless of the session. */
const isMediaFact = ({ name }: Fact) =>
  name === 'microphoneChanged' || name === 'playbackChanged' || name === 'deviceFellBack'

const isToolFact = (fact: Fact): fact is ToolFact =>
  fact.name === 'toolCallStarted' || fact.name === 'toolCallStopped' || fact.name === 'toolApprovalNeeded'

/**
 * Switches to another transport. An ongoing or connecting call gets a new connection over it, with the context, and the request is answered
 * once that is established. Without a call, the request is answered immediately.
 */
export function onSwitchTransport(reaction: Reaction, intent: EventNamed<'switchTransportRequested'>) {
  const { call, epoch } = reaction.live
  reaction.live.isSwitched = true
  if (!call || call.status === 'waiting') {
    reaction.commands.push({ type: 'expireToken', epoch })
    return settle(reaction, [intent.requestId])
  }
  // Messages wait from now on, because the old connection must not get them.
  reaction.live.call = { ...call, status: 'connecting', requestIds: [...call.requestIds, intent.requestId] }
  reaction.commands.push({ type: 'control', callId: call.id, control: intent })
  // Expired after the old transport has said goodbye, because it may store a memo with the token.
  reaction.commands.push({ type: 'expireToken', epoch })
}

/** Removes the call from the record, and answers its requests. Texts in its outbox stay marked as unsent. */
export function removeCall(reaction: Reaction, call: LiveCall, error: VoiceAgentError) {
  reaction.live.call = null
  settle(reaction, call.requestIds, error)
  for (const { requestId } of call.outbox)
    if (requestId !== null) settle(reaction, [requestId], endedUnsent())
}

/** Ends the call from this side. */
export function endCall(reaction: Reaction, at: number) {
  const { call } = reaction.live
  if (!call) return
  reaction.commands.push({ type: 'stopCall', callId: call.id })
  removeCall(reaction, call, endedEarly())
  tell(reaction, 'connectionClosed', { by: 'user', at })
  endToolCalls(reaction, true)
}

/** Ends a call that can't start or continue. */
export function failCall(reaction: Reaction, error: VoiceAgentError, at: number) {
  const { call } = reaction.live
  if (!call) return
  if (!reaction.live.session) reaction.commands.push({ type: 'stopCall', callId: call.id })
  removeCall(reaction, call, error)
  tell(reaction, 'connectionFailed', { error: toVoiceError(error), at })
  endToolCalls(reaction, false)
}

/** Reactions to a running call's facts. `isOver`: the fact's connection is already known to be lost. */
const reactions: {
  [Name in Fact['name']]?: (
    reaction: Reaction,
    call: LiveCall,
    payload: FactPayload<Name>,
    isOver: boolean,
  ) => void
} = {
  connectionAttempted(reaction, call, { connectionId }) {
    reaction.live.call = { ...call, attemptId: connectionId, lastTextId: undefined }
    // The media have started by now.
    if (call.press) reaction.commands.push({ type: 'control', callId: call.id, control: call.press })
  },
  connectionEstablished(reaction, call, payload, isOver) {
    if (!isOver) reaction.live.isSwitched = false
    const established: LiveCall = { ...call, agent: payload.agent, held: [] }
    if (isOver) recordLostConnection(reaction, established)
    else drainOutbox(reaction, established, false)
    onToolConnection(reaction, payload)
    releaseToolFacts(reaction, call, payload)
  },
  connectionInterrupted(reaction, call) {
    reaction.live.call = { ...call, status: 'interrupted' }
  },
  connectionRecovered(reaction, call) {
    drainOutbox(reaction, call, true)
    sendOwedAnswers(reaction)
  },
  connectionLost: onConnectionLost,
  connectionReplaced: onConnectionLost,
  reconnectScheduled(reaction, call) {
    loseConnection(reaction, call, null)
    onToolConnectionLost(reaction)
  },
  textsAcknowledged: acknowledge,
  assistantTurnInterrupted: interruptTools,
  assistantTurnCompleted: confirmAnswers,
}

function onConnectionLost(
  reaction: Reaction,
  call: LiveCall,
  { undeliveredTextIds = [] }: FactPayload<'connectionLost' | 'connectionReplaced'>,
) {
  loseConnection(reaction, call, undeliveredTextIds)
  onToolConnectionLost(reaction)
}

/** @param isOver True if the fact's connection is already known to be lost. */
export function onCallReported(
  reaction: Reaction,
  { callId, fact }: EventNamed<'callReported'>,
  isOver = false,
) {
  const { call } = reaction.live
  if (call?.id !== callId) return
  if (call.early && !isMediaFact(fact)) {
    reaction.live.call = { ...call, early: { ...call.early, facts: [...call.early.facts, fact] } }
    return
  }
  if (isToolFact(fact)) {
    const isReached = call.status === 'connected' || call.status === 'interrupted'
    return isReached ? onToolFact(reaction, fact) : holdToolFact(reaction, call, fact)
  }
  if (fact.name === 'textSent') return onTextLeft(reaction, call, fact.payload)
  reaction.commands.push({ type: 'tell', fact })
  // The cast is safe: each reaction gets the payload of its own fact.
  const react = reactions[fact.name] as
    | ((reaction: Reaction, call: LiveCall, payload: unknown, isOver: boolean) => void)
    | undefined
  react?.(reaction, call, fact.payload, isOver)
}

export function onCallEnded(reaction: Reaction, { callId, error, at }: EventNamed<'callEnded'>) {
  const { call, moving } = reaction.live
  if (call?.id !== callId) return
  const reason = error ?? new VoiceAgentError('agent-unreachable', 'The agent hung up.')
  // Hides the failure from the session that is moving, so that the other tab continues the call.
  if (moving && error) reaction.live.call = { ...call, status: 'lost' }
  else if (isTakingOver(reaction)) failTakeover(reaction, reason)
  else if (error) failCall(reaction, error, at)
  else {
    removeCall(reaction, call, reason)
    tell(reaction, 'connectionClosed', { by: 'agent', at })
    endToolCalls(reaction, true)
  }
}

/**
 * Resends a text that was not sent. Without a call, starts one, unless another session is about to open, because its agent must not get a text
 * from this one.
 */
export function onResend(
  reaction: Reaction,
  { requestId, payload: { id }, text }: EventNamed<'resendTextRequested'>,
) {
  const { live } = reaction
  if (!live.call && live.job) return settle(reaction, [requestId], new VoiceAgentError('not-connected'))
  if (!live.call) requestCall(reaction, [], false)
  if (live.call) sendAgain(reaction, live.call, requestId, { type: 'text', id, text })
}

/** Ends the call and the session. */
export function endSession(reaction: Reaction, at: number, requestIds: readonly string[] = []) {
  endCall(reaction, at)
  closeSession(reaction, at, requestIds)
}

/** Closes the session. Once `requestIds` are answered, the session is saved and other tabs can open it. */
export function closeSession(reaction: Reaction, at: number, requestIds: readonly string[]) {
  const { session, earlier } = reaction.live
  if (!session) return settle(reaction, requestIds)
  // Its release stores the end of the call.
  noteEnd(reaction, session.id, false)
  reaction.live.session = null
  reaction.live.earlier = null
  if (earlier) settle(reaction, earlier.requestIds)
  beginEpoch(reaction, { isForgotten: true })
  tell(reaction, 'sessionEnded', { at })
  reaction.commands.push({ type: 'releaseSession', sessionId: session.id, requestIds })
}
