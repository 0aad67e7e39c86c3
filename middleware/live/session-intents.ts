import { VoiceAgentError } from '../../store/index.js'
import { beginCreate, endCall, endSession, failTaking, isForCallOnly, settleFailed } from './call.js'
import type { EventNamed } from './events.js'
import { supersedeRestore } from './restore.js'
import {
  beginEpoch,
  type Live,
  nextId,
  type RestoreJob,
  type StorageTask,
  settle,
  type Turn,
  tell,
} from './state.js'

/** Supersedes the current job, because a later session intent wins. Its requests are answered, and late results are released. */
export function supersede(turn: Turn, at: number) {
  const { job } = turn.live
  // A takeover has failed, or the caller would report that the session has moved.
  if (job?.kind === 'restore' && job.taken !== null)
    return failTaking(turn, new VoiceAgentError('superseded'))
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
  // It is already being restored.
  if (former?.kind === 'restore' && (sessionId === null ? former.isOfTab : former.sessionId === sessionId)) {
    live.job = { ...former, requestIds: [...former.requestIds, requestId] }
    return
  }
  if (sessionId === null) {
    // A call requested before the page restores its session belongs to that session.
    if (session || (former && !isForCallOnly(former))) return settle(turn, [requestId])
  } else {
    supersede(turn, at)
    if (session?.id === sessionId) {
      const outcome = { conversation: 'restored', agent: live.call?.agent ?? 'none' }
      return settle(turn, [requestId], null, outcome)
    }
    // An open session, with its call, stays until the other one is known to be available.
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
  // Deletes a token stored for a new session, or the next page would restore that session.
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
  // If the restore has not shown its session yet, the next page must not restore it either.
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

/** Renames the open session in the state, which is then saved, or any other session on disk. */
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

/** Clears the current user's call, session and token, for the next user of this page. Returns the session that was open. */
function clearUser(
  turn: Turn,
  { at, revision }: { at: number; revision: number },
  isSameUser = true,
): Live['session'] {
  const { live } = turn
  supersede(turn, at)
  endCall(turn, at)
  const { session, earlier } = live
  live.session = null
  live.earlier = null
  if (earlier) settle(turn, earlier.requestIds)
  beginEpoch(turn, { isForgotten: true })
  const { storage, error } = live.report
  // The tab has a different id for each user, which is known once their storage is open.
  const tabId = isSameUser ? (live.tab?.id ?? null) : null
  tell(turn, 'agentReset', { tabId, storage, error, revision })
  return session
}

/** @param scope Scope of the next session's user; undefined if it doesn't change. */
export function onReset(
  turn: Turn,
  event: { at: number; revision: number },
  requestIds: readonly string[] = [],
  scope?: string | null,
) {
  const session = clearUser(turn, event, scope === undefined)
  const released = scope === undefined ? requestIds : []
  if (session) turn.commands.push({ type: 'releaseSession', sessionId: session.id, requestIds: released })
  else settle(turn, released)
  if (scope !== undefined) changeScope(turn, scope, requestIds)
}

/** Adds a task on the whole storage. Sessions are created and read only after all tasks. */
function addTask(turn: Turn, task: Omit<StorageTask, 'id'>): number {
  const id = nextId(turn)
  turn.live.tasks = [...turn.live.tasks, { ...task, id }]
  return id
}

/** Ends everything in this page first, so that nothing is written during or after the erasure. */
export function onEraseAll(turn: Turn, event: EventNamed<'eraseAllRequested'>) {
  const { requestId } = event
  clearUser(turn, event)
  const last = turn.live.tasks.at(-1)
  if (last?.kind === 'erase') {
    // Nothing has been written since the last erasure was requested.
    const joined = { ...last, requestIds: [...last.requestIds, requestId] }
    turn.live.tasks = [...turn.live.tasks.slice(0, -1), joined]
    return
  }
  turn.live.deleted = []
  const taskId = addTask(turn, { kind: 'erase', requestIds: [requestId] })
  turn.commands.push({ type: 'eraseAll', taskId })
}

/** Another tab erased everything. Stop showing and saving it here. */
export function onErasedElsewhere(turn: Turn, event: EventNamed<'erasedElsewhere'>) {
  clearUser(turn, event)
  const taskId = addTask(turn, { kind: 'reopen', requestIds: [] })
  turn.commands.push({ type: 'reopenStorage', taskId, isErased: true, place: {} })
  tell(turn, 'allErased', { isElsewhere: true })
}

/** Continues in another user's database, after the current session was released. */
function changeScope(turn: Turn, scope: string | null, requestIds: readonly string[]) {
  const taskId = addTask(turn, { kind: 'reopen', requestIds })
  turn.commands.push({ type: 'reopenStorage', taskId, isErased: false, place: { scope } })
}

/** With consent, starts storing the whole session. Without it, deletes its stored part and continues in memory. */
export function onConsent(turn: Turn, event: EventNamed<'consentChanged'>) {
  const { requestId, payload, at, firstLoadedIndex: index } = event
  const { live } = turn
  if (live.consent === null) {
    const error = new VoiceAgentError('invalid-option', 'consentChanged needs persistence, which is false.')
    return settle(turn, [requestId], error)
  }
  const wasGiven = live.consent
  if (wasGiven === payload.consent) {
    // Answered together with a change in progress, if there is one.
    const pending = live.tasks.find(({ kind }) => kind === 'consent')
    if (!pending) return settle(turn, [requestId])
    const joined = { ...pending, requestIds: [...pending.requestIds, requestId] }
    live.tasks = live.tasks.map((task) => (task === pending ? joined : task))
    return
  }
  live.consent = payload.consent
  const taskId = addTask(turn, { kind: 'consent', requestIds: [requestId] })
  if (payload.consent) {
    turn.commands.push({ type: 'reopenStorage', taskId, isErased: false, place: { consent: true } })
    return
  }
  // Stops a restore, because its session is stored and would be shown without consent.
  if (live.job) supersede(turn, at)
  const { session, earlier } = live
  if (session && index > 0) {
    // Loads the whole conversation before its stored part is deleted.
    const requestIds = earlier?.sessionId === session.id ? earlier.requestIds : []
    live.earlier = { sessionId: session.id, index, requestIds }
  }
  turn.commands.push({ type: 'withdrawConsent', taskId, session: session && { id: session.id, index } })
}

export function onTaskDone(turn: Turn, event: EventNamed<'storageTaskDone'>) {
  const { taskId, tabId, isDuplicate, error } = event
  const { live } = turn
  const task = live.tasks.find(({ id }) => id === taskId)
  if (!task) return
  live.tasks = live.tasks.filter(({ id }) => id !== taskId)
  live.storage = 'open'
  live.tab = { id: tabId, isDuplicate }
  tell(turn, 'tabIdentified', { tabId })
  if (task.kind === 'erase' && !error) tell(turn, 'allErased', { isElsewhere: false })
  const { session, epoch } = live
  if (task.kind === 'consent' && session && !error) {
    const { requestIds } = task
    turn.commands.push({ type: 'adoptSession', sessionId: session.id, epoch, requestIds })
    // Forces everything to be saved at the new place.
    return tell(turn, 'storageLost', undefined)
  }
  settle(turn, task.requestIds, error)
}
