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
import { endedEarly, endSession, failTakeover, joinCall, requestCall } from './call.js'
import { beginCreate } from './create-session.js'
import type { EventNamed } from './events.js'
import { onTakenOver } from './moving.js'
import {
  beginEpoch,
  noteEnd,
  type QueuedMessage,
  type Reaction,
  type RestoreJob,
  settle,
  tell,
} from './state.js'
import { giveUpStoredTools, restoreTools, toolCallIdsOf } from './tool-answers.js'

/** Converts a stored session to the payload of `sessionRehydrated`. */
export function rehydrated(
  { live: { tab, call, toolNames } }: Reaction,
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
    messages: giveUpStoredTools(messages, toolNames),
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
function jobWith(reaction: Reaction, jobId: number): RestoreJob | null {
  const { job } = reaction.live
  return job?.kind === 'restore' && job.id === jobId ? job : null
}

/** Like `jobWith`, but null unless the job is at `step`. */
function jobAt(reaction: Reaction, jobId: number, step: RestoreJob['step']): RestoreJob | null {
  const job = jobWith(reaction, jobId)
  return job?.step === step ? job : null
}

const enter = (reaction: Reaction, phase: RestorePhase) => tell(reaction, 'restorePhaseChanged', { phase })

/**
 * Starts the seven steps of a restoration (`docs/concepts/lifecycle.md`), once the storage is open. A token that must be
 * renewed doesn't delay the steps before `reconnecting`: the session is read and shown meanwhile.
 */
export function startRestore(reaction: Reaction, job: RestoreJob) {
  const { live } = reaction
  if (job.isOfTab) {
    live.job = { ...job, step: 'token' }
    // A duplicated tab's sessionStorage holds the other tab's session.
    if (live.tab?.isDuplicate) return restoreNothing(reaction, 'duplicated-tab')
    reaction.commands.push({ type: 'readTabToken', jobId: job.id })
  } else if (live.session && job.sessionId !== null) {
    live.job = { ...job, step: 'checking' }
    reaction.commands.push({ type: 'checkSession', jobId: job.id, sessionId: job.sessionId })
  } else if (job.sessionId !== null) {
    read(reaction, job, job.sessionId)
  }
}

function read(reaction: Reaction, job: RestoreJob, sessionId: string) {
  reaction.live.job = { ...job, sessionId, step: 'reading' }
  // In a takeover, the other tab's conversation is already shown.
  if (!job.taken) enter(reaction, 'loading-session')
  if (reaction.live.reading.includes(sessionId)) return
  reaction.live.reading = [...reaction.live.reading, sessionId]
  reaction.commands.push({ type: 'readSession', sessionId })
}

/** Ends the open session only if the requested one can be restored. */
export function onSessionChecked(
  reaction: Reaction,
  { jobId, isRestorable, at }: EventNamed<'sessionChecked'>,
) {
  const job = jobAt(reaction, jobId, 'checking')
  if (!job || job.sessionId === null) return
  if (isRestorable) {
    endSession(reaction, at)
    read(reaction, { ...job, connectIds: [] }, job.sessionId)
    if (job.connectIds.length > 0) requestCall(reaction, job.connectIds, false)
    return
  }
  reaction.live.job = null
  if (job.connectIds.length > 0) joinCall(reaction, job.connectIds)
  settle(reaction, job.requestIds, null, { conversation: 'failed', agent: 'none' })
}

export function onTabTokenRead(
  reaction: Reaction,
  { jobId, token, sessionId, isTokenless, callIntent }: EventNamed<'tabTokenRead'>,
) {
  const job = jobAt(reaction, jobId, 'token')
  if (!job) return
  const { isCallAllowed } = job
  const next = { ...job, isCallDue: isCallAllowed && callIntent === 'wanted' }
  // A call that was requested since replaces the one that had ended.
  if (!reaction.live.call && (callIntent === 'ended' || !isCallAllowed)) noteEnd(reaction, sessionId, true)
  if (sessionId === null || reaction.live.deleted.includes(sessionId)) {
    if (token) beginEpoch(reaction, { isForgotten: true })
    reaction.live.job = next
    return restoreNothing(reaction, 'no-session')
  }
  // If there was no token, or it could not be stored, the conversation is restored without it.
  if (!token) return read(reaction, { ...next, token: isTokenless ? 'none' : 'unreadable' }, sessionId)
  const { expiresAt, isFresh } = token
  enter(reaction, 'validating-token')
  if (!isFresh) enter(reaction, 'refreshing-token')
  reaction.commands.push({ type: 'openTabToken', jobId, epoch: reaction.live.epoch })
  const tokenExpiresAt = isFresh ? expiresAt : null
  // The session id is stored with the token in plain text, so reading the session waits for neither decryption nor the network.
  read(reaction, { ...next, token: 'opening', tokenExpiresAt }, sessionId)
}

export function onTabTokenOpened(reaction: Reaction, { jobId, isFresh }: EventNamed<'tabTokenOpened'>) {
  const job = jobWith(reaction, jobId)
  if (!job) return
  reaction.live.job = { ...job, token: isFresh ? 'ready' : 'refreshing' }
  if (!isFresh) reaction.commands.push({ type: 'getToken', jobId, epoch: reaction.live.epoch, renew: true })
}

/** Continues without the token, because the session itself may still be readable. */
export function onTabTokenUnreadable(reaction: Reaction, { jobId }: EventNamed<'tabTokenUnreadable'>) {
  const job = jobWith(reaction, jobId)
  if (!job) return
  reaction.live.job = { ...job, token: 'unreadable' }
  if (job.step !== 'reading') requestToken(reaction, reaction.live.job)
}

/**
 * Requests a token for a session whose own token is unreadable. Without it as proof, the server may refuse, or return a token for another
 * session. Such a token is rejected, because the automatic call would send this conversation to the other session's agent.
 */
function requestToken(reaction: Reaction, job: RestoreJob) {
  if (job.token !== 'unreadable' || job.sessionId === null) return
  const { id: jobId, sessionId } = job
  reaction.live.job = { ...job, token: 'requested' }
  reaction.commands.push({ type: 'getToken', jobId, epoch: reaction.live.epoch, renew: true, sessionId })
}

export function onRestoreToken(reaction: Reaction, { jobId }: EventNamed<'tokenReady'>) {
  const job = jobWith(reaction, jobId)
  if (job) reaction.live.job = { ...job, token: 'ready' }
}

export function onRestoreTokenFailed(
  reaction: Reaction,
  { jobId, error: { code } }: EventNamed<'tokenFailed'>,
) {
  const job = jobWith(reaction, jobId)
  if (!job) return
  const refusal = code === 'token-expired' ? 'token-expired' : 'token-refresh-failed'
  const tokenReason = job.token === 'requested' ? 'token-unreadable' : refusal
  reaction.live.job = { ...job, token: 'failed', tokenReason }
}

export function onSessionRead(reaction: Reaction, { sessionId, stored }: EventNamed<'sessionRead'>) {
  const job = endReading(reaction, sessionId)
  if (!job) {
    // The intent that requested the session was superseded, so let other tabs open it.
    if (stored) reaction.commands.push({ type: 'releaseSession', sessionId, requestIds: [] })
    return
  }
  if (!stored) {
    const isInMemory = job.isOfTab && reaction.live.report.storage === 'memory'
    return failRestore(reaction, isInMemory ? 'storage-unavailable' : 'session-missing', null)
  }
  const { epoch, call } = reaction.live
  const isCallStored = isCallWanted(stored.head.connectionStatus)
  const wasCallEnded = reaction.live.endedIds.includes(sessionId)
  const wasCallOn = isCallStored && !wasCallEnded
  const unsent = wasCallOn ? unsentOf(stored) : []
  enter(reaction, 'restoring-context')
  // Otherwise, the next page would find the call in the stored session, and start it.
  const isCallEnded = (isCallStored && (wasCallEnded || !job.isCallAllowed)) || job.taken === 'ended'
  reaction.live.session = { id: sessionId }
  noteEnd(reaction, sessionId, isCallEnded)
  if (job.taken && call) reaction.live.call = { ...call, outbox: unsent }
  restoreTools(reaction, sessionId, stored)
  tell(reaction, 'sessionRehydrated', {
    ...rehydrated(reaction, stored),
    ...(job.tokenExpiresAt === null ? {} : { tokenExpiresAt: job.tokenExpiresAt }),
    ...(job.taken ? { isTaken: true as const } : {}),
    ...(isCallEnded ? { isCallEnded } : {}),
  })
  if (job.isOfTab || job.taken) reaction.commands.push({ type: 'saveToken', epoch, sessionId })
  else reaction.commands.push({ type: 'setOpenSession', sessionId })
  enter(reaction, 'reconnecting')
  if (job.taken) return onTakenOver(reaction, job, unsent)
  if (!job.isCallAllowed) return settleRestored(reaction, job, 'reconnect-not-wanted')
  if (reaction.live.call) reaction.live.job = { ...job, step: 'calling' }
  else if (!wasCallOn && !job.isCallDue) {
    reaction.live.job = { ...job, step: 'idle', noCallReason: 'call-had-ended' }
  } else {
    reaction.live.job = { ...job, isCallDue: true, unsent, step: 'permission' }
    reaction.commands.push({ type: 'queryPermission', jobId: job.id })
  }
  requestToken(reaction, reaction.live.job)
}

export function onSessionUnreadable(
  reaction: Reaction,
  { sessionId, error }: EventNamed<'sessionUnreadable'>,
) {
  if (!endReading(reaction, sessionId)) return
  if (error.code === 'session-open-elsewhere') failRestore(reaction, 'open-in-another-tab', error)
  else if (error.code.startsWith('storage-')) failRestore(reaction, 'storage-unavailable', error)
  else failRestore(reaction, 'session-unreadable', error)
}

/** @returns the restore job that is waiting for this session. */
function endReading(reaction: Reaction, sessionId: string): RestoreJob | null {
  const { job, reading } = reaction.live
  reaction.live.reading = reading.filter((id) => id !== sessionId)
  const isWanted = job?.kind === 'restore' && job.step === 'reading' && job.sessionId === sessionId
  return isWanted ? job : null
}

export function onPermissionKnown(reaction: Reaction, { jobId, refusal }: EventNamed<'permissionKnown'>) {
  const job = jobAt(reaction, jobId, 'permission')
  if (!job) return
  const { session, call } = reaction.live
  const reason = job.isCallAllowed ? refusal : 'reconnect-not-wanted'
  if (session === null) {
    // The user pressed Start on the previous page, and left it before there was a session.
    settleNothing(reaction, job, 'no-session')
    if (reason === null && !call) requestCall(reaction, [], true)
  } else if (call) {
    reaction.live.job = { ...job, step: 'calling' }
  } else if (reason !== null) {
    reaction.live.job = { ...job, step: 'idle', noCallReason: reason }
  } else {
    reaction.live.job = { ...job, step: 'due' }
  }
}

const isTokenPending = ({ token }: RestoreJob) =>
  token === 'opening' || token === 'refreshing' || token === 'unreadable' || token === 'requested'

/** Continues a restore whose session is shown: starts a due call, and settles once the token and the call are settled. */
export function continueRestore(reaction: Reaction, job: RestoreJob) {
  const { call } = reaction.live
  if (job.step === 'calling') continueCalling(reaction, job)
  else if (job.step === 'idle' || job.step === 'due') {
    if (call) continueCalling(reaction, { ...job, step: 'calling' })
    else if (!job.isCallAllowed) settleRestored(reaction, job, 'reconnect-not-wanted')
    else if (job.step === 'due') beginDueCall(reaction, job)
    else if (!isTokenPending(job)) settleRestored(reaction, job, job.tokenReason ?? job.noCallReason)
  }
}

/**
 * Starts the call once the stored token is decrypted. Doesn't wait for a renewal, because the call's own attempts request the token, with
 * their delays and limit, and buttons for the user.
 */
function beginDueCall(reaction: Reaction, job: RestoreJob) {
  if (job.token === 'opening' || job.token === 'unreadable' || job.token === 'requested') return
  if (job.tokenReason === 'token-unreadable') return settleRestored(reaction, job, job.tokenReason)
  requestCall(reaction, [], true, job.unsent)
  continueCalling(reaction, { ...job, step: 'calling' })
}

/** Settles a restore once its call has connected or ended, or the token has failed. In the last case, the call keeps trying. */
function continueCalling(reaction: Reaction, job: RestoreJob) {
  const { call } = reaction.live
  reaction.live.job = job
  if (call?.status === 'connected') settleRestored(reaction, job, null, call.agent ?? 'none')
  else if (!call && !job.isCallAllowed) settleRestored(reaction, job, 'reconnect-not-wanted')
  else if (job.token === 'failed') settleRestored(reaction, job, job.tokenReason)
  else if (!call && !isTokenPending(job)) settleRestored(reaction, job, 'reconnect-failed')
}

function settleRestored(
  reaction: Reaction,
  job: RestoreJob,
  reason: RestoreReason | null,
  agent: AgentContinuation | 'none' = 'none',
) {
  reaction.live.job = null
  enter(reaction, 'emitting-messages')
  tell(reaction, 'restoreSettled', { conversation: 'restored', agent, reason })
  settle(reaction, job.requestIds, null, { conversation: 'restored', agent })
}

function settleNothing(reaction: Reaction, job: RestoreJob, reason: RestoreReason) {
  reaction.live.job = null
  tell(reaction, 'restoreSettled', { conversation: 'none', agent: 'none', reason })
  settle(reaction, job.requestIds, null, { conversation: 'none', agent: 'none' })
}

/** Settles a restore with nothing to restore. A due call gets a new session. */
function restoreNothing(reaction: Reaction, reason: RestoreReason) {
  const { job, call } = reaction.live
  if (job?.kind !== 'restore') return
  if (job.isCallDue && !call) {
    reaction.live.job = { ...job, step: 'permission' }
    reaction.commands.push({ type: 'queryPermission', jobId: job.id })
    return
  }
  settleNothing(reaction, job, reason)
}

/** True if the reason may pass. The stored token is then kept, so that the next page can try again. */
function isTransient(reason: RestoreReason, error: VoiceAgentError | null): boolean {
  const isLocked = error?.code === 'key-unavailable' || error?.code === 'key-wrong'
  return isLocked || reason === 'storage-unavailable'
}

/** Falls back to a new session. Stored data is left unchanged. */
function failRestore(reaction: Reaction, reason: RestoreReason, error: VoiceAgentError | null) {
  const { job } = reaction.live
  if (job?.kind !== 'restore') return
  if (job.taken) return failTakeover(reaction, error ?? new VoiceAgentError('session-missing'))
  reaction.live.job = null
  const failed = {
    requestIds: job.requestIds,
    reason,
    error: error && toVoiceError(error, 'session-unreadable'),
  }
  beginEpoch(reaction, { isForgotten: !isTransient(reason, error) })
  beginCreate(reaction, [], failed)
}

/** Settles a restore that is superseded by a later intent. */
export function supersedeRestore(reaction: Reaction, job: RestoreJob, at: number) {
  const { session, call } = reaction.live
  const isUnread = session !== null && (job.step === 'storage' || job.step === 'checking')
  if (call) joinCall(reaction, job.connectIds)
  else if (job.connectIds.length > 0) {
    settle(reaction, job.connectIds, endedEarly())
    // The state shows the requested call, although the record doesn't have it yet.
    tell(reaction, 'connectionClosed', { by: 'user', at })
  }
  if (!isUnread) {
    const conversation = session ? 'restored' : 'none'
    tell(reaction, 'restoreSettled', { conversation, agent: 'none', reason: 'superseded' })
  }
  settle(reaction, job.requestIds, null, { conversation: 'none', agent: 'none' })
}
