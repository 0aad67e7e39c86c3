import { VoiceAgentError } from '../../store/index.js'
import { endCall, endSession, failTakeover, isForCallOnly } from './call.js'
import { beginCreate, settleFailed } from './create-session.js'
import type { EventNamed } from './events.js'
import { supersedeRestore } from './restore.js'
import {
  beginEpoch,
  createRestoreJob,
  type Live,
  nextId,
  type Reaction,
  type StorageTask,
  settle,
  tell,
} from './state.js'

/** Supersedes the current job, because a later session intent wins. Its requests are answered, and late results are released. */
export function supersede(reaction: Reaction, at: number) {
  const { job } = reaction.live
  // A takeover has failed, or the caller would report that the session has moved.
  if (job?.kind === 'restore' && job.taken !== null)
    return failTakeover(reaction, new VoiceAgentError('superseded'))
  reaction.live.job = null
  if (job?.kind === 'restore') supersedeRestore(reaction, job, at)
  else if (job) {
    settle(reaction, job.requestIds, new VoiceAgentError('superseded'))
    if (job.failed) settleFailed(reaction, job.failed)
  }
}

export function onRestore(reaction: Reaction, { requestId, payload, at }: EventNamed<'restoreRequested'>) {
  const { live } = reaction
  const { sessionId, reconnect = true } = payload
  const { job: former, session } = live
  // It is already being restored.
  if (former?.kind === 'restore' && (sessionId === null ? former.isOfTab : former.sessionId === sessionId)) {
    live.job = { ...former, requestIds: [...former.requestIds, requestId] }
    return
  }
  if (sessionId === null) {
    // A call requested before the page restores its session belongs to that session.
    if (session || (former && !isForCallOnly(former))) return settle(reaction, [requestId])
  } else {
    supersede(reaction, at)
    if (session?.id === sessionId) {
      const outcome = { conversation: 'restored', agent: live.call?.agent ?? 'none' }
      return settle(reaction, [requestId], null, outcome)
    }
    // An open session, with its call, stays until the other one is known to be available.
    if (session === null) endCall(reaction, at)
  }
  const job = createRestoreJob(reaction, { requestIds: [requestId], sessionId, isCallAllowed: reconnect })
  // Deletes a token stored for a new session, or the next page would restore that session.
  if (live.session === null)
    beginEpoch(reaction, { isForgotten: former?.kind === 'create' && sessionId !== null })
  live.job = job
  if (job.isOfTab) tell(reaction, 'restorePhaseChanged', { phase: 'checking-token' })
}

export function onCreate(reaction: Reaction, { requestId, at }: EventNamed<'createSessionRequested'>) {
  const { job, call } = reaction.live
  if (job?.kind === 'create' && job.requestIds.length > 0 && !call) {
    reaction.live.job = { ...job, requestIds: [...job.requestIds, requestId] }
    return
  }
  supersede(reaction, at)
  endSession(reaction, at)
  beginCreate(reaction, [requestId])
}

export function onEnd(reaction: Reaction, { requestId, at }: EventNamed<'endSessionRequested'>) {
  const { job, session } = reaction.live
  supersede(reaction, at)
  // If the restore has not shown its session yet, the next page must not restore it either.
  if (job && !session) beginEpoch(reaction, { isForgotten: true })
  endSession(reaction, at, [requestId])
}

export function onDelete(
  reaction: Reaction,
  { requestId, payload: { sessionId }, at }: EventNamed<'deleteSessionRequested'>,
) {
  const { job, session } = reaction.live
  if (job?.kind === 'restore' && job.sessionId === sessionId) {
    supersede(reaction, at)
    if (!session) {
      endCall(reaction, at)
      beginEpoch(reaction, { isForgotten: true })
    }
  }
  if (session?.id === sessionId) endSession(reaction, at)
  reaction.live.deleted = [...reaction.live.deleted.filter((id) => id !== sessionId), sessionId]
  reaction.commands.push({ type: 'deleteSession', requestId, sessionId })
}

/** Renames the open session in the state, which is then saved, or any other session on disk. */
export function rename(
  reaction: Reaction,
  { requestId, sessionId, title }: Pick<EventNamed<'renameDue'>, 'requestId' | 'sessionId' | 'title'>,
) {
  const { session, reading } = reaction.live
  if (session?.id === sessionId) {
    tell(reaction, 'sessionRenamed', { title })
    reaction.commands.push({ type: 'saveRenamed', requestId, sessionId })
  } else {
    const isOpening = reading.includes(sessionId)
    reaction.commands.push({ type: 'renameSession', requestId, sessionId, title, isOpening })
  }
}

/** Clears the current user's call, session and token, for the next user of this page. Returns the session that was open. */
function clearUser(
  reaction: Reaction,
  { at, revision }: { at: number; revision: number },
  isSameUser = true,
): Live['session'] {
  const { live } = reaction
  supersede(reaction, at)
  endCall(reaction, at)
  const { session, earlier } = live
  live.session = null
  live.earlier = null
  live.endedIds = []
  if (earlier) settle(reaction, earlier.requestIds)
  beginEpoch(reaction, { isForgotten: true })
  const { storage, error } = live.report
  // The tab has a different id for each user, which is known once their storage is open.
  const tabId = isSameUser ? (live.tab?.id ?? null) : null
  tell(reaction, 'agentReset', { tabId, storage, error, revision })
  return session
}

/** @param scope Scope of the next session's user; undefined if it doesn't change. */
export function onReset(
  reaction: Reaction,
  event: { at: number; revision: number },
  requestIds: readonly string[] = [],
  scope?: string | null,
) {
  const session = clearUser(reaction, event, scope === undefined)
  const released = scope === undefined ? requestIds : []
  if (session) reaction.commands.push({ type: 'releaseSession', sessionId: session.id, requestIds: released })
  else settle(reaction, released)
  if (scope !== undefined) changeScope(reaction, scope, requestIds)
}

/** Adds a task on the whole storage. Sessions are created and read only after all tasks. */
function addTask(reaction: Reaction, task: Omit<StorageTask, 'id'>): number {
  const id = nextId(reaction)
  reaction.live.tasks = [...reaction.live.tasks, { ...task, id }]
  return id
}

/** Ends everything in this page first, so that nothing is written during or after the erasure. */
export function onEraseAll(reaction: Reaction, event: EventNamed<'eraseAllRequested'>) {
  const { requestId } = event
  clearUser(reaction, event)
  const last = reaction.live.tasks.at(-1)
  if (last?.kind === 'erase') {
    // Nothing has been written since the last erasure was requested.
    const joined = { ...last, requestIds: [...last.requestIds, requestId] }
    reaction.live.tasks = [...reaction.live.tasks.slice(0, -1), joined]
    return
  }
  reaction.live.deleted = []
  const taskId = addTask(reaction, { kind: 'erase', requestIds: [requestId] })
  reaction.commands.push({ type: 'eraseAll', taskId })
}

/** Another tab erased everything. Stop showing and saving it here. */
export function onErasedElsewhere(reaction: Reaction, event: EventNamed<'erasedElsewhere'>) {
  clearUser(reaction, event)
  const taskId = addTask(reaction, { kind: 'reopen', requestIds: [] })
  reaction.commands.push({ type: 'reopenStorage', taskId, isErased: true, place: {} })
  tell(reaction, 'allErased', { isElsewhere: true })
}

/** Continues in another user's database, after the current session was released. */
function changeScope(reaction: Reaction, scope: string | null, requestIds: readonly string[]) {
  const taskId = addTask(reaction, { kind: 'reopen', requestIds })
  reaction.commands.push({ type: 'reopenStorage', taskId, isErased: false, place: { scope } })
}

/** With consent, starts storing the whole session. Without it, deletes its stored part and continues in memory. */
export function onConsent(reaction: Reaction, event: EventNamed<'consentChanged'>) {
  const { requestId, payload, at, firstLoadedIndex: index } = event
  const { live } = reaction
  if (live.consent === null) {
    const error = new VoiceAgentError('invalid-option', 'consentChanged needs persistence, which is false.')
    return settle(reaction, [requestId], error)
  }
  const wasGiven = live.consent
  if (wasGiven === payload.consent) {
    // Answered together with a change in progress, if there is one.
    const pending = live.tasks.find(({ kind }) => kind === 'consent')
    if (!pending) return settle(reaction, [requestId])
    const joined = { ...pending, requestIds: [...pending.requestIds, requestId] }
    live.tasks = live.tasks.map((task) => (task === pending ? joined : task))
    return
  }
  live.consent = payload.consent
  const taskId = addTask(reaction, { kind: 'consent', requestIds: [requestId] })
  if (payload.consent) {
    reaction.commands.push({ type: 'reopenStorage', taskId, isErased: false, place: { consent: true } })
    return
  }
  // Stops a restore, because its session is stored and would be shown without consent.
  if (live.job) supersede(reaction, at)
  const { session, earlier } = live
  if (session && index > 0) {
    // Loads the whole conversation before its stored part is deleted.
    const requestIds = earlier?.sessionId === session.id ? earlier.requestIds : []
    live.earlier = { sessionId: session.id, index, requestIds }
  }
  reaction.commands.push({ type: 'withdrawConsent', taskId, session: session && { id: session.id, index } })
}

export function onTaskDone(reaction: Reaction, event: EventNamed<'storageTaskDone'>) {
  const { taskId, tabId, isDuplicate, error } = event
  const { live } = reaction
  const task = live.tasks.find(({ id }) => id === taskId)
  if (!task) return
  live.tasks = live.tasks.filter(({ id }) => id !== taskId)
  live.storage = 'open'
  live.tab = { id: tabId, isDuplicate }
  tell(reaction, 'tabIdentified', { tabId })
  if (task.kind === 'erase' && !error) tell(reaction, 'allErased', { isElsewhere: false })
  const { session, epoch } = live
  if (task.kind === 'consent' && session && !error) {
    const { requestIds } = task
    reaction.commands.push({ type: 'adoptSession', sessionId: session.id, epoch, requestIds })
    // Forces everything to be saved at the new place.
    return tell(reaction, 'storageLost', undefined)
  }
  settle(reaction, task.requestIds, error)
}
