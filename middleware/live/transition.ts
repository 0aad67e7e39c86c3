import { toVoiceError } from '../../store/index.js'
import type { CallIntent } from '../drivers/storage/ports.js'
import {
  beginCreate,
  onCallEnded,
  onCallReported,
  onConnect,
  onCreateFailed,
  onCreateToken,
  onDisconnect,
  onResend,
  onSessionCreated,
  onSwitchTransport,
  returnEarlyCall,
  startCreate,
  startWaitingCall,
} from './call.js'
import type { CallControl, Command, Event, EventNamed } from './events.js'
import { onMoveCancelled, onMoveRequested, onSessionFreed, onTakeOver, settleMoving } from './moving.js'
import { onMessageRefused, onMessageReturned, onMessageSent, sendMessage } from './outbox.js'
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
  settleShown,
  startRestore,
} from './restore.js'
import {
  onConsent,
  onCreate,
  onDelete,
  onEnd,
  onEraseAll,
  onErasedElsewhere,
  onReset,
  onRestore,
  onTaskDone,
  rename,
  supersede,
} from './session-intents.js'
import { type Live, settle, settleQuietly, type Turn, tell } from './state.js'
import { onContextRead } from './tool-answers.js'
import {
  interruptTools,
  onToolAnswered,
  onToolChecked,
  onToolDecided,
  onToolOverdue,
  onToolRecorded,
  onToolSettled,
  settleTools,
} from './tools.js'

/**
 * Computes the record after an event, and the resulting commands. Pure: no clock, no random ids and no I/O.
 * Results of commands come back as events with the command's id or epoch, so that late results change nothing.
 */
export function transition(live: Live, event: Event): [Live, Command[]] {
  const turn: Turn = { live: { ...live }, commands: [] }
  // May be undefined, because an app may dispatch its own action under the agent's path. The cast is safe: each handler gets its own event.
  const handle = handlers[event.type] as ((turn: Turn, event: Event) => void) | undefined
  handle?.(turn, event)
  settleState(turn)
  return [turn.live, turn.commands]
}

/** Does everything that the record makes due, regardless of the event. */
function settleState(turn: Turn) {
  const { live } = turn
  settleTools(turn)
  settleMoving(turn, supersede)
  if (live.job?.kind === 'restore') settleShown(turn, live.job)
  returnEarlyCall(turn)
  if (live.call && !live.session && !live.job) beginCreate(turn, [])
  if (live.job?.step === 'storage') startJob(turn, live.job)
  startWaitingCall(turn)
}

/** Starts the job once the storage is open. Opens the storage if necessary. */
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

type Handler<Type extends Event['type']> = (turn: Turn, event: Extract<Event, { type: Type }>) => void

const handlers: { [Type in Event['type']]: Handler<Type> } = {
  connectRequested: onConnect,
  disconnectRequested: onDisconnect,
  switchTransportRequested: onSwitchTransport,
  restoreRequested: onRestore,
  createSessionRequested: onCreate,
  endSessionRequested: onEnd,
  deleteSessionRequested: onDelete,
  renameSessionRequested: (turn, { requestId, payload }) => rename(turn, { requestId, ...payload }),
  renameDue: rename,
  storedRenamed: (turn, { requestId, error }) => settle(turn, [requestId], error),
  resetRequested: (turn, event) => onReset(turn, event, [event.requestId], event.payload?.scope),
  stateReplaced: (turn, event) => onReset(turn, event),
  eraseAllRequested: onEraseAll,
  erasedElsewhere: onErasedElsewhere,
  consentChanged: onConsent,
  storageTaskDone: onTaskDone,
  sessionAdopted: (turn, { requestIds, error }) => settle(turn, requestIds, error),
  sendTextRequested: (turn, { requestId, payload: { id, text } }) =>
    sendMessage(turn, requestId, { type: 'text', id, text }),
  resendTextRequested: onResend,
  clientMessageRequested: (turn, { requestId, payload }) =>
    sendMessage(turn, requestId, { type: 'client-message', ...payload }),
  interruptRequested: (turn, { requestId }) => interrupt(turn, requestId),
  toolCallAnswered: onToolAnswered,
  approveToolRequested: onToolDecided,
  declineToolRequested: onToolDecided,
  toolChecked: onToolChecked,
  toolRecorded: onToolRecorded,
  toolOverdue: onToolOverdue,
  toolSettled: onToolSettled,
  contextRead: onContextRead,
  messageReturned: onMessageReturned,
  earlierMessagesRequested: loadEarlier,
  retryRequested: passOn,
  muteRequested: passOn,
  unmuteRequested: passOn,
  selectMicrophoneRequested: passOn,
  selectSpeakerRequested: passOn,
  volumeRequested: passOn,
  microphoneRequested: passOn,
  talkModeRequested: releasePress,
  startTalkingRequested(turn, event) {
    const { call } = turn.live
    if (call) {
      turn.live.call = { ...call, press: event }
      interrupt(turn, null)
    }
    passOn(turn, event)
  },
  stopTalkingRequested: releasePress,
  resumePlaybackRequested: passOn,
  storageOpened(turn, { tabId, isDuplicate }) {
    turn.live.storage = 'open'
    turn.live.tab = { id: tabId, isDuplicate }
    tell(turn, 'tabIdentified', { tabId })
  },
  storageReported(turn, { storage, error }) {
    turn.live.report = { storage, error }
    tell(turn, 'storageStatusChanged', turn.live.report)
  },
  tabTokenRead: onTabTokenRead,
  tabTokenOpened: onTabTokenOpened,
  tabTokenUnreadable: onTabTokenUnreadable,
  tokenReady(turn, event) {
    onRestoreToken(turn, event)
    onCreateToken(turn, event)
  },
  tokenFailed(turn, event) {
    onRestoreTokenFailed(turn, event)
    onCreateFailed(turn, event)
  },
  sessionCreated: onSessionCreated,
  sessionNotCreated: onCreateFailed,
  sessionChecked: onSessionChecked,
  sessionRead: onSessionRead,
  sessionUnreadable: onSessionUnreadable,
  sessionReloaded: onSessionReloaded,
  sessionReleased: (turn, { requestIds }) => settle(turn, requestIds),
  sessionDeleted: (turn, { requestId, error }) => settle(turn, [requestId], error),
  permissionKnown: onPermissionKnown,
  flushed: (turn, { requestId }) => settle(turn, [requestId]),
  earlierRead: onEarlier,
  earlierUnreadable: onEarlier,
  callReported: onCallReported,
  callEnded: onCallEnded,
  messageSent: onMessageSent,
  messageRefused: onMessageRefused,
  tokenRefreshed: onTokenRefreshed,
  memoChanged: onMemoChanged,
  tokenExpired(turn, { epoch }) {
    if (epoch === turn.live.epoch) tell(turn, 'sessionExpired', undefined)
  },
  moveRequested: onMoveRequested,
  moveCancelled: onMoveCancelled,
  takeOverRequested(turn, event) {
    supersede(turn, event.at)
    onTakeOver(turn, event)
  },
  sessionFreed: onSessionFreed,
  pageReturned(turn) {
    const { session } = turn.live
    if (session) turn.commands.push({ type: 'reloadIfNewer', sessionId: session.id })
  },
}

/** Interrupts the agent and its running tools, even if the connection is interrupted or lost. */
function interrupt(turn: Turn, requestId: string | null) {
  if (turn.live.call) interruptTools(turn)
  sendMessage(turn, requestId, { type: 'interrupt' })
}

/** Passes an intent on to the call. Without a call, the state determines how the next one starts. */
function passOn(turn: Turn, control: CallControl) {
  const { call } = turn.live
  if (call) turn.commands.push({ type: 'control', callId: call.id, control })
  settleQuietly(turn, control.requestId)
}

function releasePress(turn: Turn, control: CallControl) {
  const { call } = turn.live
  if (call) turn.live.call = { ...call, press: null }
  passOn(turn, control)
}

/** Loads earlier messages. Two requests for the same messages share one read. */
function loadEarlier(
  turn: Turn,
  { requestId, firstLoadedIndex: index }: EventNamed<'earlierMessagesRequested'>,
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

function onEarlier(turn: Turn, event: EventNamed<'earlierRead' | 'earlierUnreadable'>) {
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
  // Skips an empty range: it is preceded only by lost messages that are already known.
  if (messages.length > 0 || lost)
    tell(turn, 'earlierMessagesLoaded', { messages, firstLoadedIndex, ...(lost ? { lost } : {}) })
  settle(turn, earlier.requestIds)
}

/** Another page in this tab changed the session while this page was in the back/forward cache. */
function onSessionReloaded(turn: Turn, { stored }: EventNamed<'sessionReloaded'>) {
  if (turn.live.session?.id === stored.head.id)
    tell(turn, 'sessionRehydrated', { ...rehydrated(turn, stored), isReload: true })
}

function onTokenRefreshed(turn: Turn, { epoch, expiresAt }: EventNamed<'tokenRefreshed'>) {
  if (epoch !== turn.live.epoch) return
  tell(turn, 'tokenRefreshed', { expiresAt })
  saveToken(turn)
}

function onMemoChanged(turn: Turn, { epoch }: EventNamed<'memoChanged'>) {
  if (epoch === turn.live.epoch) saveToken(turn)
}

function saveToken({ live, commands }: Turn) {
  const { session, epoch, call } = live
  if (session) commands.push({ type: 'saveToken', epoch, sessionId: session.id })
  else if (call?.early) live.call = { ...call, early: { ...call.early, isTokenChanged: true } }
}

/** Returns the user's decision about a call that no stored session records, for the tab's next page. */
export function callIntentOf({ call, session, job }: Live): CallIntent {
  if (job?.kind === 'restore') {
    // The other tab still has the call.
    if (job.taken) return null
    if (job.isCallDue && job.step !== 'calling' && job.step !== 'idle') return 'wanted'
    // The session being restored is stored with its call, which would come back.
    if (job.isOfTab && !job.isCallAllowed && session === null && call === null) return 'ended'
  }
  return call !== null && session === null ? 'wanted' : null
}

const decisions: readonly Event['type'][] = [
  'tabTokenRead',
  'storageTaskDone',
  'createSessionRequested',
  'endSessionRequested',
  'disconnectRequested',
  'resetRequested',
  'eraseAllRequested',
  'erasedElsewhere',
  'stateReplaced',
]

/** True if the event makes the previous page's intent known or irrelevant. */
export const decidesCallIntent = (event: Event): boolean =>
  decisions.includes(event.type) || (event.type === 'restoreRequested' && event.payload.sessionId !== null)
