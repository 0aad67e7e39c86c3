import { VoiceAgentError } from '../../store/index.js'
import { endCall, isForCallOnly } from './call.js'
import { supersedeRestore } from './restore.js'
import { beginCreate, endSession, settleFailed } from './session.js'
import type { EventNamed, RestoreJob } from './state.js'
import { beginEpoch, nextId, settle, type Turn, tell } from './turn.js'

/** A later session intent wins. The earlier one is answered, and what it still gets is given back. */
export function supersede(turn: Turn, at: number) {
  const { job } = turn.live
  turn.live.job = null
  if (job?.kind === 'restore') supersedeRestore(turn, job, at)
  else if (job) {
    settle(turn, job.requestIds, new VoiceAgentError('superseded'))
    if (job.failed) settleFailed(turn, job.failed)
  }
}

export function onRestore(turn: Turn, { requestId, payload, at }: EventNamed<'restoreRequested'>) {
  const { live } = turn
  const { sessionId, reconnect = true } = payload
  const { job: former, session } = live
  // It is being restored already.
  if (former?.kind === 'restore' && (sessionId === null ? former.isOfTab : former.sessionId === sessionId)) {
    live.job = { ...former, requestIds: [...former.requestIds, requestId] }
    return
  }
  if (sessionId === null) {
    // A call that was requested before the page restores its session is a call of that session.
    if (session || (former && !isForCallOnly(former))) return settle(turn, [requestId])
  } else {
    supersede(turn, at)
    if (session?.id === sessionId) {
      const outcome = { conversation: 'restored', agent: live.call?.agent ?? 'none' }
      return settle(turn, [requestId], null, outcome)
    }
    // The open session stays until it is known that the other one can be opened.
    if (session === null) endCall(turn, at)
  }
  const job: RestoreJob = {
    kind: 'restore',
    id: nextId(turn),
    requestIds: [requestId],
    sessionId,
    isOfTab: sessionId === null,
    taken: null,
    isCallAllowed: reconnect,
    isCallDue: false,
    connectIds: [],
    tokenExpiresAt: null,
    token: 'none',
    tokenReason: null,
    unsent: [],
    noCallReason: null,
    step: 'storage',
  }
  // A token that was stored for a new session must not bring that back with the next page.
  if (live.session === null)
    beginEpoch(turn, { isForgotten: former?.kind === 'create' && sessionId !== null })
  live.job = job
  if (job.isOfTab) tell(turn, 'restorePhaseChanged', { phase: 'checking-token' })
}

export function onCreate(turn: Turn, { requestId, at }: EventNamed<'createSessionRequested'>) {
  const { job, call } = turn.live
  if (job?.kind === 'create' && job.requestIds.length > 0 && !call) {
    turn.live.job = { ...job, requestIds: [...job.requestIds, requestId] }
    return
  }
  supersede(turn, at)
  endSession(turn, at)
  beginCreate(turn, [requestId])
}

export function onEnd(turn: Turn, { requestId, at }: EventNamed<'endSessionRequested'>) {
  const { job, session } = turn.live
  supersede(turn, at)
  // A restoration that has not shown its session yet would bring it back with the next page.
  if (job && !session) beginEpoch(turn, { isForgotten: true })
  endSession(turn, at, [requestId])
}

export function onDelete(
  turn: Turn,
  { requestId, payload: { sessionId }, at }: EventNamed<'deleteSessionRequested'>,
) {
  const { job, session } = turn.live
  if (job?.kind === 'restore' && job.sessionId === sessionId) {
    supersede(turn, at)
    if (!session) {
      endCall(turn, at)
      beginEpoch(turn, { isForgotten: true })
    }
  }
  if (session?.id === sessionId) endSession(turn, at)
  turn.live.deleted = [...turn.live.deleted.filter((id) => id !== sessionId), sessionId]
  turn.commands.push({ type: 'deleteSession', requestId, sessionId })
}

/** The open session is renamed in the state, and saved with it; any other one on the disk. */
export function rename(
  turn: Turn,
  { requestId, sessionId, title }: Pick<EventNamed<'renameDue'>, 'requestId' | 'sessionId' | 'title'>,
) {
  const { session, reading } = turn.live
  if (session?.id === sessionId) {
    tell(turn, 'sessionRenamed', { title })
    turn.commands.push({ type: 'saveRenamed', requestId, sessionId })
  } else {
    const isOpening = reading.includes(sessionId)
    turn.commands.push({ type: 'renameSession', requestId, sessionId, title, isOpening })
  }
}
