import { VoiceAgentError } from '../../store/index.js'
import { completeHandover, endedEarly, endSession, leaveCall, startHandover } from './call.js'
import type { EventNamed } from './events.js'
import { beginEpoch, nextId, type QueuedMessage, type RestoreJob, settle, type Turn, tell } from './state.js'

/** Another tab requests the session. */
export function onMoveRequested(
  turn: Turn,
  { requestId, sessionId, waits, at }: EventNamed<'moveRequested'>,
) {
  const { session, moving } = turn.live
  if (session?.id !== sessionId) return settle(turn, [requestId], new VoiceAgentError('session-missing'))
  if (moving) settle(turn, [moving.requestId], new VoiceAgentError('superseded'))
  turn.live.moving = { requestId, isDue: !waits, at }
}

export function onMoveCancelled(turn: Turn) {
  const { moving } = turn.live
  turn.live.moving = null
  if (moving) settle(turn, [moving.requestId], new VoiceAgentError('superseded'))
}

/**
 * Moves the session away once that is due. It is saved as if the page had closed during its call. The other tab continues the call, with
 * its unsent texts.
 *
 * @param supersede Ends the current job, such as a restore, and answers all of its requests.
 */
export function settleMoving(turn: Turn, supersede: (turn: Turn, at: number) => void) {
  const { moving, session, earlier, call } = turn.live
  if (!moving) return
  if (!session) return onMoveCancelled(turn)
  const isCallOver = !call || call.status === 'lost'
  if (!moving.isDue && !isCallOver) return
  turn.live.moving = null
  supersede(turn, moving.at)
  leaveCall(turn)
  turn.live.session = null
  turn.live.earlier = null
  if (earlier) settle(turn, earlier.requestIds)
  beginEpoch(turn, { isForgotten: true })
  tell(turn, 'sessionEnded', { at: moving.at })
  turn.commands.push({ type: 'releaseSession', sessionId: session.id, requestIds: [moving.requestId] })
}

/** Takes over a session from another tab. */
export function onTakeOver(turn: Turn, { requestId, sessionId, call, at }: EventNamed<'takeOverRequested'>) {
  endSession(turn, at)
  beginEpoch(turn, { isForgotten: true })
  const isCallAllowed = call !== 'none' && call !== 'ended'
  const job: RestoreJob = {
    kind: 'restore',
    id: nextId(turn),
    requestIds: [requestId],
    sessionId,
    isOfTab: false,
    taken: call,
    isCallAllowed,
    isCallDue: isCallAllowed,
    connectIds: [],
    tokenExpiresAt: null,
    token: 'ready',
    tokenReason: null,
    unsent: [],
    noCallReason: null,
    step: call === 'early' ? 'handover' : 'storage',
  }
  turn.live.job = job
  turn.commands.push({ type: 'adoptToken', epoch: turn.live.epoch })
  if (call === 'early') startHandover(turn, job.id, sessionId)
}

/** The other tab has released the session. If the user has ended its call, the session continues here without one. */
export function onSessionFreed(turn: Turn, { sessionId, isCallEnded }: EventNamed<'sessionFreed'>) {
  const { job, call } = turn.live
  if (job?.kind !== 'restore' || job.step !== 'handover' || job.sessionId !== sessionId) return
  turn.live.job = { ...job, step: 'storage' }
  if (!isCallEnded) return
  turn.live.job = { ...job, step: 'storage', taken: 'ended', isCallAllowed: false, isCallDue: false }
  if (!call) return
  turn.live.call = null
  settle(turn, call.requestIds, endedEarly())
  turn.commands.push({ type: 'stopCall', callId: call.id })
}

/** Called when a session that was taken over is open here. @param unsent Texts that the other tab still had to send. */
export function onTaken(turn: Turn, job: RestoreJob, unsent: readonly QueuedMessage[]) {
  const { call } = turn.live
  settle(turn, job.requestIds)
  const taken: RestoreJob = { ...job, requestIds: [], taken: null, unsent }
  if (call) {
    turn.live.job = { ...taken, step: 'calling' }
    completeHandover(turn)
  } else if (job.taken === 'if-permitted') {
    turn.live.job = { ...taken, step: 'permission' }
    turn.commands.push({ type: 'queryPermission', jobId: job.id })
  } else if (job.isCallDue) turn.live.job = { ...taken, step: 'due' }
  else turn.live.job = { ...taken, step: 'idle', noCallReason: 'call-had-ended' }
}
