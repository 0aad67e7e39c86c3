import { VoiceAgentError } from '../../store/index.js'
import {
  closeSession,
  completeHandover,
  endedEarly,
  endSession,
  leaveCall,
  removeCall,
  startHandover,
} from './call.js'
import type { EventNamed } from './events.js'
import {
  beginEpoch,
  createRestoreJob,
  noteEnd,
  type QueuedMessage,
  type Reaction,
  type RestoreJob,
  settle,
} from './state.js'

/** Another tab requests the session. */
export function onMoveRequested(
  reaction: Reaction,
  { requestId, sessionId, waits, at }: EventNamed<'moveRequested'>,
) {
  const { session, moving } = reaction.live
  if (session?.id !== sessionId) return settle(reaction, [requestId], new VoiceAgentError('session-missing'))
  if (moving) settle(reaction, [moving.requestId], new VoiceAgentError('superseded'))
  reaction.live.moving = { requestId, isDue: !waits, at }
}

export function onMoveCancelled(reaction: Reaction) {
  const { moving } = reaction.live
  reaction.live.moving = null
  if (moving) settle(reaction, [moving.requestId], new VoiceAgentError('superseded'))
}

/**
 * Moves the session away once that is due. It is saved as if the page had closed during its call. The other tab continues the call, with
 * its unsent texts.
 *
 * @param supersede Ends the current job, such as a restore, and answers all of its requests.
 */
export function moveIfDue(reaction: Reaction, supersede: (reaction: Reaction, at: number) => void) {
  const { moving, session, call } = reaction.live
  if (!moving) return
  if (!session) return onMoveCancelled(reaction)
  const isCallOver = !call || call.status === 'lost'
  if (!moving.isDue && !isCallOver) return
  reaction.live.moving = null
  supersede(reaction, moving.at)
  leaveCall(reaction)
  closeSession(reaction, moving.at, [moving.requestId])
}

/** Takes over a session from another tab. */
export function onTakeOver(
  reaction: Reaction,
  { requestId, sessionId, call, at }: EventNamed<'takeOverRequested'>,
) {
  endSession(reaction, at)
  beginEpoch(reaction, { isForgotten: true })
  // The other tab may have started another call since.
  noteEnd(reaction, sessionId, false)
  const isCallAllowed = call !== 'none' && call !== 'ended'
  const job = createRestoreJob(reaction, {
    requestIds: [requestId],
    sessionId,
    taken: call,
    isCallAllowed,
    isCallDue: isCallAllowed,
    token: 'ready',
    step: call === 'early' ? 'handover' : 'storage',
  })
  reaction.live.job = job
  reaction.commands.push({ type: 'adoptToken', epoch: reaction.live.epoch })
  if (call === 'early') startHandover(reaction, job.id, sessionId)
}

/** The other tab has released the session. If the user has ended its call, the session continues here without one. */
export function onSessionFreed(reaction: Reaction, { sessionId, isCallEnded }: EventNamed<'sessionFreed'>) {
  const { job, call } = reaction.live
  if (job?.kind !== 'restore' || job.step !== 'handover' || job.sessionId !== sessionId) return
  const freed: RestoreJob = { ...job, step: 'storage' }
  reaction.live.job = isCallEnded
    ? { ...freed, taken: 'ended', isCallAllowed: false, isCallDue: false }
    : freed
  if (!call || !isCallEnded) return
  reaction.commands.push({ type: 'stopCall', callId: call.id })
  removeCall(reaction, call, endedEarly())
}

/** Called when a session that was taken over is open here. @param unsent Texts that the other tab still had to send. */
export function onTakenOver(reaction: Reaction, job: RestoreJob, unsent: readonly QueuedMessage[]) {
  const { call } = reaction.live
  settle(reaction, job.requestIds)
  const taken: RestoreJob = { ...job, requestIds: [], taken: null, unsent }
  if (call) {
    reaction.live.job = { ...taken, step: 'calling' }
    completeHandover(reaction)
  } else if (job.taken === 'if-permitted') {
    reaction.live.job = { ...taken, step: 'permission' }
    reaction.commands.push({ type: 'queryPermission', jobId: job.id })
  } else if (job.isCallDue) reaction.live.job = { ...taken, step: 'due' }
  else reaction.live.job = { ...taken, step: 'idle', noCallReason: 'call-had-ended' }
}
