import { endCall, failCall, releaseEarlyCall, startEarlyCall } from './call.js'
import type { EventNamed } from './events.js'
import { beginEpoch, type CreateJob, type FailedRestore, nextId, settle, type Turn, tell } from './state.js'

/** Ends the call and the session, which is saved, and free for another tab once `requestIds` are answered. */
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

/** Makes a new session next: the job starts once the storage is open. */
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

/** Tells that a session could not be restored, once it is known whether there is a new one in its place. */
export function settleFailed(turn: Turn, { requestIds, reason, error }: FailedRestore) {
  tell(turn, 'restoreSettled', { conversation: 'failed', agent: 'none', reason, ...(error ? { error } : {}) })
  settle(turn, requestIds, null, { conversation: 'failed', agent: 'none' })
}
