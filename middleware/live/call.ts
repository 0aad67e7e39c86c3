import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import type { EventNamed, Fact } from './events.js'
import { acknowledge, drainOutbox, endedUnsent, loseConnection, passOver, sendAgain } from './outbox.js'
import {
  beginEpoch,
  type CreateJob,
  type FailedRestore,
  type Live,
  type LiveCall,
  nextId,
  type QueuedMessage,
  settle,
  type Turn,
  tell,
} from './state.js'
import { confirmAnswers, onToolConnection, onToolConnectionLost, sendOwedAnswers } from './tool-answers.js'
import {
  endToolCalls,
  holdToolFact,
  interruptTools,
  isToolFact,
  onToolFact,
  releaseToolFacts,
} from './tools.js'

export const endedEarly = () => new VoiceAgentError('not-connected', 'The call was ended before it began.')

export function onConnect(turn: Turn, { requestId }: EventNamed<'connectRequested'>) {
  const { session, job } = turn.live
  const isReplaced = job?.kind === 'restore' && session && (job.step === 'storage' || job.step === 'checking')
  if (isReplaced) turn.live.job = { ...job, connectIds: [...job.connectIds, requestId] }
  else joinCall(turn, [requestId])
}

/** True if the session is created only for a call that was requested. */
export const isForCallOnly = (job: NonNullable<Live['job']>) =>
  job.kind === 'create' && job.requestIds.length === 0 && !job.failed

/** Attaches the requests to the current call, or starts one if there is none. */
export function joinCall(turn: Turn, requestIds: readonly string[]) {
  const { call } = turn.live
  if (!call) requestCall(turn, requestIds, false)
  else if (call.status === 'connected') settle(turn, requestIds)
  else turn.live.call = { ...call, requestIds: [...call.requestIds, ...requestIds] }
}

/** Runs immediately, and cancels both the current call and one that is still pending. */
export function onDisconnect(turn: Turn, { requestId, isCallShown, at }: EventNamed<'disconnectRequested'>) {
  const { call, job } = turn.live
  if (job && isForCallOnly(job)) {
    turn.live.job = null
    // The session may already exist. The next page must not look for it.
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

/**
 * Adds a call to the record. It starts once there is a session.
 *
 * @param outbox Texts of a restored session that were still unsent when its page was left.
 */
export function requestCall(
  turn: Turn,
  requestIds: readonly string[],
  isRestored: boolean,
  outbox: readonly QueuedMessage[] = [],
) {
  addCall(turn, requestIds, isRestored, outbox)
  tell(turn, 'callBegan', { isRestored })
  for (const { message } of outbox) if (message.type === 'text') tell(turn, 'textQueued', { id: message.id })
}

function addCall(
  turn: Turn,
  requestIds: readonly string[],
  isRestored: boolean,
  outbox: readonly QueuedMessage[] = [],
): LiveCall {
  const call: LiveCall = {
    id: `call${nextId(turn)}`,
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
  turn.live.call = call
  return call
}

/** Starts a waiting call if a session is open. Otherwise prepares it. */
export function startWaitingCall(turn: Turn) {
  const { call, session } = turn.live
  if (call?.status !== 'waiting') return
  if (!session) {
    if (!call.isPrepared) turn.commands.push({ type: 'prepareCall', callId: call.id })
    turn.live.call = { ...call, isPrepared: true }
    return
  }
  start(turn, call, session.id)
}

function start(turn: Turn, call: LiveCall, sessionId: string, isHandover = false) {
  const { isSwitched, epoch } = turn.live
  const { id: callId, isRestored } = call
  turn.live.call = { ...call, status: 'connecting', isPrepared: true }
  turn.live.isSwitched = false
  turn.commands.push({ type: 'startCall', callId, epoch, sessionId, isRestored, isSwitched, isHandover })
}

/** Starts a waiting call once its session's token has arrived, in parallel with creating the session. */
function startEarlyCall(turn: Turn, jobId: number, sessionId: string) {
  const { call, isSwitched } = turn.live
  if (call?.status !== 'waiting') return
  start(turn, { ...call, early: { jobId, facts: [], isTokenChanged: false, isSwitched } }, sessionId)
}

/** Starts a call in a session that another tab still has, on behalf of the job that takes over the session. */
export function startHandover(turn: Turn, jobId: number, sessionId: string) {
  const call = addCall(turn, [], false)
  const early = { jobId, facts: [], isTokenChanged: false, isSwitched: turn.live.isSwitched }
  start(turn, { ...call, early }, sessionId, true)
}

/** Completes a handover whose session is now open here: the call's reports take effect. */
export function completeHandover(turn: Turn) {
  const { call } = turn.live
  if (!call) return
  tell(turn, 'callBegan', { isRestored: true })
  for (const { message } of call.outbox)
    if (message.type === 'text') tell(turn, 'textQueued', { id: message.id })
  releaseEarlyCall(turn)
  turn.commands.push({ type: 'openMicrophone', callId: call.id })
}

/** True while a session is being taken over from another tab that still has it. */
const isTaking = ({ live: { session, job } }: Turn) =>
  session === null && job?.kind === 'restore' && job.taken !== null

/** Gives up a takeover and its call. Dispatches nothing, because the state shows the other tab's conversation. */
export function failTaking(turn: Turn, error: VoiceAgentError) {
  const { call, job } = turn.live
  turn.live.job = null
  if (job) settle(turn, job.requestIds, error)
  if (!call) return
  turn.commands.push({ type: 'stopCall', callId: call.id, isQuiet: true })
  removeCall(turn, call, error)
}

/** Leaves the call without a goodbye, like a closing page: its texts are stored, and its agent waits for the next connection. */
export function leaveCall(turn: Turn) {
  const { call } = turn.live
  if (!call) return
  turn.commands.push({ type: 'stopCall', callId: call.id, isQuiet: true })
  turn.live.call = null
  settle(turn, call.requestIds, new VoiceAgentError('call-moved'))
  // Unsent texts are stored with the session, and the other tab sends them.
  for (const { requestId } of call.outbox) if (requestId !== null) settle(turn, [requestId])
}

/** Makes a call that started early wait for the next session, if its own is not created after all. It gets a new id, as a new call for the agent. */
export function returnEarlyCall(turn: Turn) {
  const { call, job, session } = turn.live
  if (!call?.early || session || job?.id === call.early.jobId) return
  turn.commands.push({ type: 'stopCall', callId: call.id })
  turn.live.isSwitched ||= call.early.isSwitched
  const id = `call${nextId(turn)}`
  turn.live.call = { ...call, id, status: 'waiting', isPrepared: false, early: null }
}

/** Passes on the reports of a call that started early, once its session exists. */
function releaseEarlyCall(turn: Turn) {
  const { call, session, epoch } = turn.live
  if (!call?.early || !session) return
  const { facts, isTokenChanged } = call.early
  turn.live.call = { ...call, early: null }
  if (isTokenChanged) turn.commands.push({ type: 'saveToken', epoch, sessionId: session.id })
  // Nothing can be sent over a connection that has been lost meanwhile, so its texts wait for the current one.
  const lostAt = facts.findLastIndex(({ name }) => name === 'connectionLost' || name === 'connectionReplaced')
  for (const [index, fact] of facts.entries())
    onCallReported(turn, { type: 'callReported', callId: call.id, fact }, index < lostAt)
}

/** True for reports about the page's media, which apply regardless of the session. */
const isMediaFact = ({ name }: Fact) =>
  name === 'microphoneChanged' || name === 'playbackChanged' || name === 'deviceFellBack'

/**
 * Switches to another transport. An ongoing or connecting call gets a new connection over it, with the context, and the request is answered
 * once that is established. Without a call, the request is answered immediately.
 */
export function onSwitchTransport(turn: Turn, intent: EventNamed<'switchTransportRequested'>) {
  const { call, epoch } = turn.live
  if (!call || call.status === 'waiting') {
    turn.live.isSwitched = true
    turn.commands.push({ type: 'expireToken', epoch })
    return settle(turn, [intent.requestId])
  }
  // Messages wait from now on, because the old connection must not get them.
  turn.live.call = { ...call, status: 'connecting', requestIds: [...call.requestIds, intent.requestId] }
  turn.commands.push({ type: 'control', callId: call.id, control: intent })
  // Expired after the old transport has said goodbye, because it may store a memo with the token.
  turn.commands.push({ type: 'expireToken', epoch })
}

/** Removes the call from the record, and answers its requests. Texts in its outbox stay marked as unsent. */
function removeCall(turn: Turn, call: LiveCall, error: VoiceAgentError) {
  turn.live.call = null
  settle(turn, call.requestIds, error)
  for (const { requestId } of call.outbox) if (requestId !== null) settle(turn, [requestId], endedUnsent())
}

/** Ends the call from this side. */
export function endCall(turn: Turn, at: number) {
  const { call } = turn.live
  if (!call) return
  turn.commands.push({ type: 'stopCall', callId: call.id })
  removeCall(turn, call, endedEarly())
  tell(turn, 'connectionClosed', { by: 'user', at })
  endToolCalls(turn, true)
}

/** Ends a call that can't start or continue. */
function failCall(turn: Turn, error: VoiceAgentError, at: number) {
  const { call } = turn.live
  if (!call) return
  if (!turn.live.session) turn.commands.push({ type: 'stopCall', callId: call.id })
  removeCall(turn, call, error)
  tell(turn, 'connectionFailed', { error: toVoiceError(error), at })
  endToolCalls(turn, false)
}

/** @param isOver True if the fact's connection is already known to be lost. */
export function onCallReported(turn: Turn, { callId, fact }: EventNamed<'callReported'>, isOver = false) {
  const { call } = turn.live
  if (call?.id !== callId) return
  if (call.early && !isMediaFact(fact)) {
    turn.live.call = { ...call, early: { ...call.early, facts: [...call.early.facts, fact] } }
    return
  }
  if (isToolFact(fact)) {
    const isReached = call.status === 'connected' || call.status === 'interrupted'
    return isReached ? onToolFact(turn, fact) : holdToolFact(turn, call, fact)
  }
  turn.commands.push({ type: 'tell', fact })
  const { name, payload } = fact
  if (name === 'connectionEstablished') {
    const established: LiveCall = { ...call, agent: payload.agent, held: [] }
    if (isOver) passOver(turn, established)
    else drainOutbox(turn, established, false)
    onToolConnection(turn, payload)
    releaseToolFacts(turn, call, payload)
  } else if (name === 'connectionRecovered') {
    drainOutbox(turn, call, true)
    sendOwedAnswers(turn)
  } else if (name === 'connectionAttempted') {
    turn.live.call = { ...call, attemptId: payload.connectionId, lastTextId: undefined }
    // The media have started by now.
    if (call.press) turn.commands.push({ type: 'control', callId, control: call.press })
  } else if (name === 'assistantTurnInterrupted') interruptTools(turn)
  else if (name === 'assistantTurnCompleted') confirmAnswers(turn)
  else if (name === 'connectionInterrupted') turn.live.call = { ...call, status: 'interrupted' }
  else if (name === 'connectionLost' || name === 'connectionReplaced') {
    loseConnection(turn, call, payload.undeliveredTextIds ?? [])
    onToolConnectionLost(turn)
  } else if (name === 'reconnectScheduled') {
    loseConnection(turn, call, null)
    onToolConnectionLost(turn)
  } else if (name === 'textsAcknowledged') acknowledge(turn, call, payload)
}

export function onCallEnded(turn: Turn, { callId, error, at }: EventNamed<'callEnded'>) {
  const { call, moving } = turn.live
  if (call?.id !== callId) return
  // Hides the failure from the session that is moving, so that the other tab continues the call.
  if (moving && error) turn.live.call = { ...call, status: 'lost' }
  else if (isTaking(turn))
    failTaking(turn, error ?? new VoiceAgentError('agent-unreachable', 'The agent hung up.'))
  else if (error) failCall(turn, error, at)
  else {
    removeCall(turn, call, new VoiceAgentError('agent-unreachable', 'The agent hung up.'))
    tell(turn, 'connectionClosed', { by: 'agent', at })
    endToolCalls(turn, true)
  }
}

/**
 * Resends a text that was not sent. Without a call, starts one, unless another session is about to open, because its agent must not get a text
 * from this one.
 */
export function onResend(
  turn: Turn,
  { requestId, payload: { id }, text }: EventNamed<'resendTextRequested'>,
) {
  const { live } = turn
  if (!live.call && live.job) return settle(turn, [requestId], new VoiceAgentError('not-connected'))
  if (!live.call) requestCall(turn, [], false)
  if (live.call) sendAgain(turn, live.call, requestId, { type: 'text', id, text })
}

/** Ends the call and the session. Once `requestIds` are answered, the session is saved and other tabs can open it. */
export function endSession(turn: Turn, at: number, requestIds: readonly string[] = []) {
  endCall(turn, at)
  const { session, earlier } = turn.live
  if (!session) return settle(turn, requestIds)
  turn.live.session = null
  turn.live.earlier = null
  if (earlier) settle(turn, earlier.requestIds)
  beginEpoch(turn, { isForgotten: true })
  tell(turn, 'sessionEnded', { at })
  turn.commands.push({ type: 'releaseSession', sessionId: session.id, requestIds })
}

/** Begins a job that creates a session. It starts once the storage is open. */
export function beginCreate(turn: Turn, requestIds: readonly string[], failed: FailedRestore | null = null) {
  beginEpoch(turn, { isForgotten: false })
  turn.live.job = { kind: 'create', id: nextId(turn), requestIds, step: 'storage', failed }
}

export function startCreate(turn: Turn, job: CreateJob) {
  turn.live.job = { ...job, step: 'token' }
  turn.commands.push({ type: 'getToken', jobId: job.id, epoch: turn.live.epoch, renew: false })
}

function createAt(turn: Turn, jobId: number, step: CreateJob['step']): CreateJob | null {
  const { job } = turn.live
  return job?.kind === 'create' && job.id === jobId && job.step === step ? job : null
}

export function onCreateToken(turn: Turn, { jobId, sessionId }: EventNamed<'tokenReady'>) {
  const job = createAt(turn, jobId, 'token')
  if (!job) return
  turn.live.job = { ...job, step: 'creating' }
  turn.commands.push({ type: 'createSession', jobId, epoch: turn.live.epoch, sessionId })
  startEarlyCall(turn, jobId, sessionId)
}

export function onCreateFailed(
  turn: Turn,
  { jobId, error, at }: EventNamed<'tokenFailed' | 'sessionNotCreated'>,
) {
  const job = createAt(turn, jobId, 'token') ?? createAt(turn, jobId, 'creating')
  if (!job) return
  turn.live.job = null
  if (job.failed) settleFailed(turn, job.failed)
  settle(turn, job.requestIds, error)
  failCall(turn, error, at)
}

export function onSessionCreated(
  turn: Turn,
  { jobId, sessionId, keyProtection, at }: EventNamed<'sessionCreated'>,
) {
  const job = createAt(turn, jobId, 'creating')
  if (!job) {
    turn.commands.push({ type: 'releaseSession', sessionId, requestIds: [] })
    return
  }
  turn.live.job = null
  turn.live.session = { id: sessionId }
  turn.live.deleted = turn.live.deleted.filter((id) => id !== sessionId)
  tell(turn, 'sessionCreated', { id: sessionId, keyProtection, at })
  if (job.failed) settleFailed(turn, job.failed)
  settle(turn, job.requestIds)
  releaseEarlyCall(turn)
}

/** Reports a failed restore, once it is known if a new session replaces the failed one. */
export function settleFailed(turn: Turn, { requestIds, reason, error }: FailedRestore) {
  tell(turn, 'restoreSettled', { conversation: 'failed', agent: 'none', reason, ...(error ? { error } : {}) })
  settle(turn, requestIds, null, { conversation: 'failed', agent: 'none' })
}
