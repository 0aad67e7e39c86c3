import { failCall, releaseEarlyCall, startEarlyCall } from './call.js'
import type { EventNamed } from './events.js'
import {
  beginEpoch,
  type CreateJob,
  type FailedRestore,
  nextId,
  type Reaction,
  settle,
  tell,
} from './state.js'

/** Begins a job that creates a session. It starts once the storage is open. */
export function beginCreate(
  reaction: Reaction,
  requestIds: readonly string[],
  failed: FailedRestore | null = null,
) {
  beginEpoch(reaction, { isForgotten: false })
  reaction.live.job = { kind: 'create', id: nextId(reaction), requestIds, step: 'storage', failed }
}

export function startCreate(reaction: Reaction, job: CreateJob) {
  reaction.live.job = { ...job, step: 'token' }
  reaction.commands.push({ type: 'getToken', jobId: job.id, epoch: reaction.live.epoch, renew: false })
}

function createAt(reaction: Reaction, jobId: number, step: CreateJob['step']): CreateJob | null {
  const { job } = reaction.live
  return job?.kind === 'create' && job.id === jobId && job.step === step ? job : null
}

export function onCreateToken(reaction: Reaction, { jobId, sessionId }: EventNamed<'tokenReady'>) {
  const job = createAt(reaction, jobId, 'token')
  if (!job) return
  reaction.live.job = { ...job, step: 'creating' }
  reaction.commands.push({ type: 'createSession', jobId, epoch: reaction.live.epoch, sessionId })
  startEarlyCall(reaction, jobId, sessionId)
}

export function onCreateFailed(
  reaction: Reaction,
  { jobId, error, at }: EventNamed<'tokenFailed' | 'sessionNotCreated'>,
) {
  const job = createAt(reaction, jobId, 'token') ?? createAt(reaction, jobId, 'creating')
  if (!job) return
  reaction.live.job = null
  if (job.failed) settleFailed(reaction, job.failed)
  settle(reaction, job.requestIds, error)
  failCall(reaction, error, at)
}

export function onSessionCreated(
  reaction: Reaction,
  { jobId, sessionId, keyProtection, at }: EventNamed<'sessionCreated'>,
) {
  const job = createAt(reaction, jobId, 'creating')
  if (!job) {
    reaction.commands.push({ type: 'releaseSession', sessionId, requestIds: [] })
    return
  }
  reaction.live.job = null
  reaction.live.session = { id: sessionId }
  reaction.live.deleted = reaction.live.deleted.filter((id) => id !== sessionId)
  tell(reaction, 'sessionCreated', { id: sessionId, keyProtection, at })
  if (job.failed) settleFailed(reaction, job.failed)
  settle(reaction, job.requestIds)
  releaseEarlyCall(reaction)
}

/** Reports a failed restore, once it is known if a new session replaces the failed one. */
export function settleFailed(reaction: Reaction, { requestIds, reason, error }: FailedRestore) {
  tell(reaction, 'restoreSettled', {
    conversation: 'failed',
    agent: 'none',
    reason,
    ...(error ? { error } : {}),
  })
  settle(reaction, requestIds, null, { conversation: 'failed', agent: 'none' })
}
