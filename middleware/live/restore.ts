import {
  type AgentContinuation,
  isCallWanted,
  type Message,
  type RehydratedSession,
  type RestorePhase,
  type RestoreReason,
  toVoiceError,
  VoiceAgentError,
} from '../../store/index.js'
import type { StoredSession } from '../drivers/storage/ports.js'
import { beginCreate, endedEarly, endSession, failTaking, joinCall, requestCall } from './call.js'
import type { EventNamed } from './events.js'
import { onTaken } from './moving.js'
import { beginEpoch, type QueuedMessage, type RestoreJob, settle, type Turn, tell } from './state.js'
import { restoreTools, settleStoredTools, toolCallIdsOf } from './tool-answers.js'

/** Converts a stored session to the payload of `sessionRehydrated`. */
export function rehydrated(
  { live: { tab, call, toolNames } }: Turn,
  { head, messages, firstLoadedIndex, revision, lost, warning, keyProtection }: StoredSession,
): RehydratedSession {
  const toolCallIds = toolCallIdsOf(head, messages)
  const queuedTextIds =
    call?.outbox.flatMap(({ message }) => (message.type === 'text' ? [message.id] : [])) ?? []
  return {
    id: head.id,
    tabId: tab?.id ?? head.tabId,
    createdAt: head.createdAt,
    updatedAt: head.updatedAt,
    startedAt: head.startedAt,
    endedAt: head.endedAt,
    reconnectAttempts: head.reconnectAttempts,
    messages: settleStoredTools(messages, toolNames),
    firstLoadedIndex,
    revision,
    // Device choices belong to the tab, so a session from another tab does not bring its devices.
    ...(head.devices && head.tabId === tab?.id ? { devices: head.devices } : {}),
    ...(lost ? { lost } : {}),
    ...(warning ? { warning } : {}),
    ...(keyProtection ? { keyProtection } : {}),
    ...(toolCallIds.length > 0 ? { toolCallIds } : {}),
    ...(queuedTextIds.length > 0 ? { queuedTextIds } : {}),
    ...(head.title === undefined ? {} : { title: head.title }),
    // The app's `migrate` may return anything.
    ...(typeof head.draft === 'string' && head.draft !== '' ? { draft: head.draft } : {}),
  }
}

/** Returns the texts at the end of a stored conversation that its call still had to send. */
function unsentOf({ head: { outbox }, messages }: StoredSession): QueuedMessage[] {
  const list = [...messages]
  const last = list.findLastIndex(({ isUnsent }) => !isUnsent)
  // The app's `migrate` may return anything.
  const isWaiting = ({ id }: Message) => Array.isArray(outbox) && outbox.includes(id)
  return list
    .slice(last + 1)
    .filter(isWaiting)
    .map(({ id, text }) => ({ requestId: null, message: { type: 'text', id, text }, doubt: 'restored' }))
}

/** Returns the current restore job if its id is `jobId`. */
function jobWith(turn: Turn, jobId: number): RestoreJob | null {
  const { job } = turn.live
  return job?.kind === 'restore' && job.id === jobId ? job : null
}

/** Like `jobWith`, but null unless the job is at `step`. */
function jobAt(turn: Turn, jobId: number, step: RestoreJob['step']): RestoreJob | null {
  const job = jobWith(turn, jobId)
  return job?.step === step ? job : null
}

const enter = (turn: Turn, phase: RestorePhase) => tell(turn, 'restorePhaseChanged', { phase })

/**
 * Starts the seven steps of a restoration (`docs/concepts/lifecycle.md`), once the storage is open. A token that must be
 * renewed doesn't delay the steps before `reconnecting`: the session is read and shown meanwhile.
 */
export function startRestore(turn: Turn, job: RestoreJob) {
  const { live } = turn
  if (job.isOfTab) {
    live.job = { ...job, step: 'token' }
    // A duplicated tab's sessionStorage holds the other tab's session.
    if (live.tab?.isDuplicate) return restoreNothing(turn, 'duplicated-tab')
    turn.commands.push({ type: 'readTabToken', jobId: job.id })
  } else if (live.session && job.sessionId !== null) {
    live.job = { ...job, step: 'checking' }
    turn.commands.push({ type: 'checkSession', jobId: job.id, sessionId: job.sessionId })
  } else if (job.sessionId !== null) {
    read(turn, job, job.sessionId)
  }
}

function read(turn: Turn, job: RestoreJob, sessionId: string) {
  turn.live.job = { ...job, sessionId, step: 'reading' }
  // In a takeover, the other tab's conversation is already shown.
  if (!job.taken) enter(turn, 'loading-session')
  if (turn.live.reading.includes(sessionId)) return
  turn.live.reading = [...turn.live.reading, sessionId]
  turn.commands.push({ type: 'readSession', sessionId })
}

/** Ends the open session only if the requested one can be restored. */
export function onSessionChecked(turn: Turn, { jobId, isRestorable, at }: EventNamed<'sessionChecked'>) {
  const job = jobAt(turn, jobId, 'checking')
  if (!job || job.sessionId === null) return
  if (isRestorable) {
    endSession(turn, at)
    read(turn, { ...job, connectIds: [] }, job.sessionId)
    if (job.connectIds.length > 0) requestCall(turn, job.connectIds, false)
    return
  }
  turn.live.job = null
  if (job.connectIds.length > 0) joinCall(turn, job.connectIds)
  settle(turn, job.requestIds, null, { conversation: 'failed', agent: 'none' })
}

export function onTabTokenRead(
  turn: Turn,
  { jobId, token, sessionId, isTokenless, callIntent }: EventNamed<'tabTokenRead'>,
) {
  const job = jobAt(turn, jobId, 'token')
  if (!job) return
  const isCallAllowed = job.isCallAllowed && callIntent !== 'ended'
  const next = { ...job, isCallAllowed, isCallDue: isCallAllowed && callIntent === 'wanted' }
  // If there was no token, or it could not be stored, the conversation is restored without it.
  if (token === null && sessionId !== null && !turn.live.deleted.includes(sessionId))
    return read(turn, { ...next, token: isTokenless ? 'none' : 'unreadable' }, sessionId)
  if (token === null || turn.live.deleted.includes(token.sessionId)) {
    if (token) beginEpoch(turn, { isForgotten: true })
    turn.live.job = next
    return restoreNothing(turn, 'no-session')
  }
  const { expiresAt, isFresh } = token
  enter(turn, 'validating-token')
  if (!isFresh) enter(turn, 'refreshing-token')
  turn.commands.push({ type: 'openTabToken', jobId, epoch: turn.live.epoch })
  const tokenExpiresAt = isFresh ? expiresAt : null
  // The session id is stored with the token in plain text, so reading the session waits for neither decryption nor the network.
  read(turn, { ...next, token: 'opening', tokenExpiresAt }, token.sessionId)
}

export function onTabTokenOpened(turn: Turn, { jobId, isFresh }: EventNamed<'tabTokenOpened'>) {
  const job = jobWith(turn, jobId)
  if (!job) return
  turn.live.job = { ...job, token: isFresh ? 'ready' : 'refreshing' }
  if (!isFresh) turn.commands.push({ type: 'getToken', jobId, epoch: turn.live.epoch, renew: true })
}

/** Continues without the token, because the session itself may still be readable. */
export function onTabTokenUnreadable(turn: Turn, { jobId }: EventNamed<'tabTokenUnreadable'>) {
  const job = jobWith(turn, jobId)
  if (!job) return
  turn.live.job = { ...job, token: 'unreadable' }
  if (job.step !== 'reading') requestToken(turn, turn.live.job)
}

/**
 * Requests a token for a session whose own token is unreadable. Without it as proof, the server may refuse, or return a token for another
 * session. Such a token is rejected, because the automatic call would send this conversation to the other session's agent.
 */
function requestToken(turn: Turn, job: RestoreJob) {
  if (job.token !== 'unreadable' || job.sessionId === null) return
  const { id: jobId, sessionId } = job
  turn.live.job = { ...job, token: 'requested' }
  turn.commands.push({ type: 'getToken', jobId, epoch: turn.live.epoch, renew: true, sessionId })
}

export function onRestoreToken(turn: Turn, { jobId }: EventNamed<'tokenReady'>) {
  const job = jobWith(turn, jobId)
  if (job) turn.live.job = { ...job, token: 'ready' }
}

export function onRestoreTokenFailed(turn: Turn, { jobId, error: { code } }: EventNamed<'tokenFailed'>) {
  const job = jobWith(turn, jobId)
  if (!job) return
  const refusal = code === 'token-expired' ? 'token-expired' : 'token-refresh-failed'
  const tokenReason = job.token === 'requested' ? 'token-unreadable' : refusal
  turn.live.job = { ...job, token: 'failed', tokenReason }
}

export function onSessionRead(turn: Turn, { sessionId, stored }: EventNamed<'sessionRead'>) {
  const job = endReading(turn, sessionId)
  if (!job) {
    // The intent that requested the session was superseded, so let other tabs open it.
    if (stored) turn.commands.push({ type: 'releaseSession', sessionId, requestIds: [] })
    return
  }
  if (!stored) {
    const isInMemory = job.isOfTab && turn.live.report.storage === 'memory'
    return failRestore(turn, isInMemory ? 'storage-unavailable' : 'session-missing', null)
  }
  const { epoch, call } = turn.live
  const wasCallOn = isCallWanted(stored.head.connectionStatus)
  const unsent = wasCallOn ? unsentOf(stored) : []
  enter(turn, 'restoring-context')
  turn.live.session = { id: sessionId }
  if (job.taken && call) turn.live.call = { ...call, outbox: unsent }
  restoreTools(turn, sessionId, stored)
  tell(turn, 'sessionRehydrated', {
    ...rehydrated(turn, stored),
    ...(job.tokenExpiresAt === null ? {} : { tokenExpiresAt: job.tokenExpiresAt }),
    ...(job.taken ? { isTaken: true as const } : {}),
    // Otherwise, the next page would find the call in the stored session, and start it.
    ...((wasCallOn && !job.isCallAllowed) || job.taken === 'ended' ? { isCallEnded: true as const } : {}),
  })
  if (job.isOfTab || job.taken) turn.commands.push({ type: 'saveToken', epoch, sessionId })
  else turn.commands.push({ type: 'keepSession', sessionId })
  enter(turn, 'reconnecting')
  if (job.taken) return onTaken(turn, job, unsent)
  if (!job.isCallAllowed) return settleRestored(turn, job, 'reconnect-not-wanted')
  if (turn.live.call) turn.live.job = { ...job, step: 'calling' }
  else if (!wasCallOn && !job.isCallDue) {
    turn.live.job = { ...job, step: 'idle', noCallReason: 'call-had-ended' }
  } else {
    turn.live.job = { ...job, isCallDue: true, unsent, step: 'permission' }
    turn.commands.push({ type: 'queryPermission', jobId: job.id })
  }
  requestToken(turn, turn.live.job)
}

export function onSessionUnreadable(turn: Turn, { sessionId, error }: EventNamed<'sessionUnreadable'>) {
  if (!endReading(turn, sessionId)) return
  if (error.code === 'session-open-elsewhere') failRestore(turn, 'open-in-another-tab', error)
  else if (error.code.startsWith('storage-')) failRestore(turn, 'storage-unavailable', error)
  else failRestore(turn, 'session-unreadable', error)
}

/** @returns the restore job that is waiting for this session. */
function endReading(turn: Turn, sessionId: string): RestoreJob | null {
  const { job, reading } = turn.live
  turn.live.reading = reading.filter((id) => id !== sessionId)
  const isWanted = job?.kind === 'restore' && job.step === 'reading' && job.sessionId === sessionId
  return isWanted ? job : null
}

export function onPermissionKnown(turn: Turn, { jobId, refusal }: EventNamed<'permissionKnown'>) {
  const job = jobAt(turn, jobId, 'permission')
  if (!job) return
  const { session, call } = turn.live
  const reason = job.isCallAllowed ? refusal : 'reconnect-not-wanted'
  if (session === null) {
    // The user pressed Start on the previous page, and left it before there was a session.
    settleNothing(turn, job, 'no-session')
    if (reason === null && !call) requestCall(turn, [], true)
  } else if (call) {
    turn.live.job = { ...job, step: 'calling' }
  } else if (reason !== null) {
    turn.live.job = { ...job, step: 'idle', noCallReason: reason }
  } else {
    turn.live.job = { ...job, step: 'due' }
  }
}

const isTokenPending = ({ token }: RestoreJob) =>
  token === 'opening' || token === 'refreshing' || token === 'unreadable' || token === 'requested'

/** Continues a restore whose session is shown: starts a due call, and settles once the token and the call are settled. */
export function settleShown(turn: Turn, job: RestoreJob) {
  const { call } = turn.live
  if (job.step === 'calling') settleCalling(turn, job)
  else if (job.step === 'idle' || job.step === 'due') {
    if (call) settleCalling(turn, { ...job, step: 'calling' })
    else if (!job.isCallAllowed) settleRestored(turn, job, 'reconnect-not-wanted')
    else if (job.step === 'due') beginDueCall(turn, job)
    else if (!isTokenPending(job)) settleRestored(turn, job, job.tokenReason ?? job.noCallReason)
  }
}

/**
 * Starts the call once the stored token is decrypted. Doesn't wait for a renewal, because the call's own attempts request the token, with
 * their delays and limit, and buttons for the user.
 */
function beginDueCall(turn: Turn, job: RestoreJob) {
  if (job.token === 'opening' || job.token === 'unreadable' || job.token === 'requested') return
  if (job.tokenReason === 'token-unreadable') return settleRestored(turn, job, job.tokenReason)
  requestCall(turn, [], true, job.unsent)
  settleCalling(turn, { ...job, step: 'calling' })
}

/** Settles a restore once its call has connected or ended, or the token has failed. In the last case, the call keeps trying. */
function settleCalling(turn: Turn, job: RestoreJob) {
  const { call } = turn.live
  turn.live.job = job
  if (call?.status === 'connected') settleRestored(turn, job, null, call.agent ?? 'none')
  else if (!call && !job.isCallAllowed) settleRestored(turn, job, 'reconnect-not-wanted')
  else if (job.token === 'failed') settleRestored(turn, job, job.tokenReason)
  else if (!call && !isTokenPending(job)) settleRestored(turn, job, 'reconnect-failed')
}

function settleRestored(
  turn: Turn,
  job: RestoreJob,
  reason: RestoreReason | null,
  agent: AgentContinuation | 'none' = 'none',
) {
  turn.live.job = null
  enter(turn, 'emitting-messages')
  tell(turn, 'restoreSettled', { conversation: 'restored', agent, reason })
  settle(turn, job.requestIds, null, { conversation: 'restored', agent })
}

function settleNothing(turn: Turn, job: RestoreJob, reason: RestoreReason) {
  turn.live.job = null
  tell(turn, 'restoreSettled', { conversation: 'none', agent: 'none', reason })
  settle(turn, job.requestIds, null, { conversation: 'none', agent: 'none' })
}

/** Settles a restore with nothing to restore. A due call gets a new session. */
function restoreNothing(turn: Turn, reason: RestoreReason) {
  const { job, call } = turn.live
  if (job?.kind !== 'restore') return
  if (job.isCallDue && !call) {
    turn.live.job = { ...job, step: 'permission' }
    turn.commands.push({ type: 'queryPermission', jobId: job.id })
    return
  }
  settleNothing(turn, job, reason)
}

/** True if the reason may pass. The stored token is then kept, so that the next page can try again. */
function isTransient(reason: RestoreReason, error: VoiceAgentError | null): boolean {
  const isLocked = error?.code === 'key-unavailable' || error?.code === 'key-wrong'
  return isLocked || reason === 'storage-unavailable'
}

/** Falls back to a new session. Stored data is left unchanged. */
function failRestore(turn: Turn, reason: RestoreReason, error: VoiceAgentError | null) {
  const { job } = turn.live
  if (job?.kind !== 'restore') return
  if (job.taken) return failTaking(turn, error ?? new VoiceAgentError('session-missing'))
  turn.live.job = null
  const failed = {
    requestIds: job.requestIds,
    reason,
    error: error && toVoiceError(error, 'session-unreadable'),
  }
  beginEpoch(turn, { isForgotten: !isTransient(reason, error) })
  beginCreate(turn, [], failed)
}

/** Settles a restore that is superseded by a later intent. */
export function supersedeRestore(turn: Turn, job: RestoreJob, at: number) {
  const { session, call } = turn.live
  const isUnread = session !== null && (job.step === 'storage' || job.step === 'checking')
  if (call) joinCall(turn, job.connectIds)
  else if (job.connectIds.length > 0) {
    settle(turn, job.connectIds, endedEarly())
    // The state shows the requested call, although the record doesn't have it yet.
    tell(turn, 'connectionClosed', { by: 'user', at })
  }
  if (!isUnread) {
    const conversation = session ? 'restored' : 'none'
    tell(turn, 'restoreSettled', { conversation, agent: 'none', reason: 'superseded' })
  }
  settle(turn, job.requestIds, null, { conversation: 'none', agent: 'none' })
}
