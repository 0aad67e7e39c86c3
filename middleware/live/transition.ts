import { toVoiceError } from '../../store/index.js'
import {
  onCallEnded,
  onCallReported,
  onConnect,
  onDisconnect,
  onMessageRefused,
  onMessageReturned,
  onMessageSent,
  sendMessage,
  startWaitingCall,
} from './call.js'
import { onCreate, onDelete, onEnd, onRestore } from './intents.js'
import { onConsent, onEraseAll, onErasedElsewhere, onReset, onTaskDone } from './leaving.js'
import {
  onPermissionKnown,
  onRestoreToken,
  onRestoreTokenFailed,
  onSessionChecked,
  onSessionRead,
  onSessionUnreadable,
  onTabTokenOpened,
  onTabTokenRead,
  onTabTokenUnreadable,
  rehydrated,
  settleCalling,
  startRestore,
} from './restore.js'
import { beginCreate, onCreateFailed, onCreateToken, onSessionCreated, startCreate } from './session.js'
import type { CallControl, Command, Event, IntentNamed, Live } from './state.js'
import { settle, settleQuietly, type Turn, tell } from './turn.js'

/**
 * Computes the record after an event, and the commands that follow from it. Pure: it has no clock, no random ids and no I/O.
 * Answers to commands come back as events under the id or epoch of the command, so that a late one changes nothing.
 */
export function transition(live: Live, event: Event): [Live, Command[]] {
  const turn: Turn = { live: { ...live }, commands: [] }
  apply(turn, event)
  settleState(turn)
  return [turn.live, turn.commands]
}

/** Does what the record makes due, whichever event made it so. */
function settleState(turn: Turn) {
  const { live } = turn
  if (live.job?.kind === 'restore' && live.job.step === 'calling') settleCalling(turn, live.job)
  if (live.call && !live.session && !live.job) beginCreate(turn, [])
  if (live.job?.step === 'storage') startJob(turn, live.job)
  startWaitingCall(turn)
}

/** Starts the job once the storage is open, which it opens. */
function startJob(turn: Turn, job: NonNullable<Live['job']>) {
  const { live } = turn
  if (live.storage === 'closed' && live.tasks.length === 0) {
    live.storage = 'opening'
    turn.commands.push({ type: 'openStorage' })
  }
  if (live.storage !== 'open' || live.tasks.length > 0) return
  if (job.kind === 'restore') startRestore(turn, job)
  else startCreate(turn, job)
}

function apply(turn: Turn, event: Event) {
  switch (event.type) {
    case 'connectRequested':
      return onConnect(turn, event)
    case 'disconnectRequested':
      return onDisconnect(turn, event)
    case 'restoreRequested':
      return onRestore(turn, event)
    case 'createSessionRequested':
      return onCreate(turn, event)
    case 'endSessionRequested':
      return onEnd(turn, event)
    case 'deleteSessionRequested':
      return onDelete(turn, event)
    case 'resetRequested':
      return onReset(turn, event, [event.requestId], event.payload?.scope)
    case 'eraseAllRequested':
      return onEraseAll(turn, event)
    case 'erasedElsewhere':
      return onErasedElsewhere(turn, event)
    case 'consentChanged':
      return onConsent(turn, event)
    case 'storageTaskDone':
      return onTaskDone(turn, event)
    case 'sessionAdopted':
      return settle(turn, event.requestIds, event.error)
    case 'stateReplaced':
      return onReset(turn, event)
    case 'sendTextRequested': {
      const { id, text } = event.payload
      return sendMessage(turn, event.requestId, { type: 'text', id, text })
    }
    case 'clientMessageRequested':
      return sendMessage(turn, event.requestId, { type: 'client-message', ...event.payload })
    case 'interruptRequested':
      return sendMessage(turn, event.requestId, { type: 'interrupt' })
    case 'toolCallAnswered':
      return sendMessage(turn, event.requestId, { type: 'tool-answer', ...event.payload })
    case 'messageReturned':
      return onMessageReturned(turn, event)
    case 'earlierMessagesRequested':
      return loadEarlier(turn, event)
    case 'retryRequested':
    case 'muteRequested':
    case 'unmuteRequested':
    case 'selectMicrophoneRequested':
    case 'selectSpeakerRequested':
    case 'volumeRequested':
    case 'microphoneRequested':
    case 'resumePlaybackRequested':
      return passOn(turn, event)
    case 'storageOpened':
      turn.live.storage = 'open'
      turn.live.tab = { id: event.tabId, isDuplicate: event.isDuplicate }
      return tell(turn, 'tabIdentified', { tabId: event.tabId })
    case 'storageReported':
      turn.live.report = { storage: event.storage, error: event.error }
      return tell(turn, 'storageStatusChanged', turn.live.report)
    case 'tabTokenRead':
      return onTabTokenRead(turn, event)
    case 'tabTokenOpened':
      return onTabTokenOpened(turn, event)
    case 'tabTokenUnreadable':
      return onTabTokenUnreadable(turn, event.jobId, event.error)
    case 'tokenReady':
      onRestoreToken(turn, event.jobId)
      return onCreateToken(turn, event.jobId, event.sessionId)
    case 'tokenFailed':
      onRestoreTokenFailed(turn, event.jobId, event.error)
      return onCreateFailed(turn, event.jobId, event.error, event.at)
    case 'sessionCreated':
      return onSessionCreated(turn, event)
    case 'sessionNotCreated':
      return onCreateFailed(turn, event.jobId, event.error, event.at)
    case 'sessionChecked':
      return onSessionChecked(turn, event)
    case 'sessionRead':
      return onSessionRead(turn, event)
    case 'sessionUnreadable':
      return onSessionUnreadable(turn, event.sessionId, event.error)
    case 'sessionReloaded':
      return onSessionReloaded(turn, event)
    case 'sessionReleased':
      return settle(turn, event.requestIds)
    case 'sessionDeleted':
      return settle(turn, [event.requestId], event.error)
    case 'permissionKnown':
      return onPermissionKnown(turn, event.jobId, event.refusal)
    case 'flushed':
      return settle(turn, [event.requestId])
    case 'earlierRead':
    case 'earlierUnreadable':
      return onEarlier(turn, event)
    case 'callReported':
      return onCallReported(turn, event.callId, event.fact)
    case 'callEnded':
      return onCallEnded(turn, event)
    case 'messageSent':
      return onMessageSent(turn, event)
    case 'messageRefused':
      return onMessageRefused(turn, event)
    case 'tokenRefreshed':
      return onTokenRefreshed(turn, event)
    case 'tokenExpired':
      if (event.epoch === turn.live.epoch) tell(turn, 'sessionExpired', undefined)
      return
    case 'pageReturned':
      if (turn.live.session) turn.commands.push({ type: 'reloadIfNewer', sessionId: turn.live.session.id })
      return
  }
}

/** Without a call the state says what the next one begins with. */
function passOn(turn: Turn, control: CallControl) {
  const { call } = turn.live
  if (call && call.status !== 'waiting') turn.commands.push({ type: 'control', callId: call.id, control })
  settleQuietly(turn, control.requestId)
}

/** Two requests for the same part share one read. */
function loadEarlier(
  turn: Turn,
  { requestId, firstLoadedIndex: index }: IntentNamed<'earlierMessagesRequested'>,
) {
  const { session, earlier } = turn.live
  if (!session || index === 0) return settle(turn, [requestId])
  if (earlier?.sessionId === session.id && earlier.index === index) {
    turn.live.earlier = { ...earlier, requestIds: [...earlier.requestIds, requestId] }
    return
  }
  if (earlier) settle(turn, earlier.requestIds)
  turn.live.earlier = { sessionId: session.id, index, requestIds: [requestId] }
  turn.commands.push({ type: 'readEarlier', sessionId: session.id, index })
}

function onEarlier(turn: Turn, event: Extract<Event, { type: 'earlierRead' | 'earlierUnreadable' }>) {
  const { earlier, report } = turn.live
  if (!earlier || earlier.sessionId !== event.sessionId || earlier.index !== event.index) return
  turn.live.earlier = null
  if (event.type === 'earlierUnreadable') {
    tell(turn, 'storageStatusChanged', {
      storage: report.storage,
      error: toVoiceError(event.error, 'session-unreadable'),
    })
    return settle(turn, earlier.requestIds)
  }
  const { messages, firstLoadedIndex, lost } = event.range
  // Only what was lost before precedes it, and is known already.
  if (messages.length > 0 || lost)
    tell(turn, 'earlierMessagesLoaded', { messages, firstLoadedIndex, ...(lost ? { lost } : {}) })
  settle(turn, earlier.requestIds)
}

/** Another page of this tab changed the session while this one was in the back/forward cache. */
function onSessionReloaded(turn: Turn, { stored }: Extract<Event, { type: 'sessionReloaded' }>) {
  if (turn.live.session?.id === stored.head.id) tell(turn, 'sessionRehydrated', rehydrated(turn, stored))
}

function onTokenRefreshed(turn: Turn, { epoch, expiresAt }: Extract<Event, { type: 'tokenRefreshed' }>) {
  if (epoch !== turn.live.epoch) return
  tell(turn, 'tokenRefreshed', { expiresAt })
  const { session } = turn.live
  if (session) turn.commands.push({ type: 'saveToken', epoch, sessionId: session.id })
}
