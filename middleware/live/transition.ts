import { toVoiceError } from '../../store/index.js'
import type { CallIntent } from '../drivers/storage/ports.js'
import {
  onCallEnded,
  onCallReported,
  onConnect,
  onDisconnect,
  onResend,
  onSwitchTransport,
  returnEarlyCall,
  startWaitingCall,
} from './call.js'
import {
  beginCreate,
  onCreateFailed,
  onCreateToken,
  onSessionCreated,
  startCreate,
} from './create-session.js'
import type { CallControl, Command, Event, EventNamed } from './events.js'
import { moveIfDue, onMoveCancelled, onMoveRequested, onSessionFreed, onTakeOver } from './moving.js'
import { onMessageRefused, onMessageReturned, onMessageSent, sendMessage } from './outbox.js'
import {
  continueRestore,
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
import { type Live, type Reaction, settle, settleQuietly, tell } from './state.js'
import { onContextRead } from './tool-answers.js'
import {
  dropForeignTools,
  interruptTools,
  onToolAnswered,
  onToolChecked,
  onToolDecided,
  onToolOverdue,
  onToolRecorded,
  onToolSettled,
} from './tools.js'

/**
 * Computes the record after an event, and the resulting commands. Pure: no clock, no random ids and no I/O.
 * Results of commands come back as events with the command's id or epoch, so that late results change nothing.
 */
export function transition(live: Live, event: Event): [Live, Command[]] {
  const reaction: Reaction = { live: { ...live }, commands: [] }
  // May be undefined, because an app may dispatch its own action under the agent's path. The cast is safe: each handler gets its own event.
  const handle = handlers[event.type] as ((reaction: Reaction, event: Event) => void) | undefined
  handle?.(reaction, event)
  runDueSteps(reaction)
  return [reaction.live, reaction.commands]
}

/** Runs every step that the record makes due, regardless of the event. */
function runDueSteps(reaction: Reaction) {
  const { live } = reaction
  dropForeignTools(reaction)
  moveIfDue(reaction, supersede)
  if (live.job?.kind === 'restore') continueRestore(reaction, live.job)
  returnEarlyCall(reaction)
  if (live.call && !live.session && !live.job) beginCreate(reaction, [])
  if (live.job?.step === 'storage') startJob(reaction, live.job)
  startWaitingCall(reaction)
}

/** Starts the job once the storage is open. Opens the storage if necessary. */
function startJob(reaction: Reaction, job: NonNullable<Live['job']>) {
  const { live } = reaction
  if (live.storage === 'closed' && live.tasks.length === 0) {
    live.storage = 'opening'
    reaction.commands.push({ type: 'openStorage' })
  }
  if (live.storage !== 'open' || live.tasks.length > 0) return
  if (job.kind === 'restore') startRestore(reaction, job)
  else startCreate(reaction, job)
}

type Handler<Type extends Event['type']> = (reaction: Reaction, event: Extract<Event, { type: Type }>) => void

const handlers: { [Type in Event['type']]: Handler<Type> } = {
  connectRequested: onConnect,
  disconnectRequested: onDisconnect,
  switchTransportRequested: onSwitchTransport,
  restoreRequested: onRestore,
  createSessionRequested: onCreate,
  endSessionRequested: onEnd,
  deleteSessionRequested: onDelete,
  renameSessionRequested: (reaction, { requestId, payload }) => rename(reaction, { requestId, ...payload }),
  renameDue: rename,
  storedRenamed: (reaction, { requestId, error }) => settle(reaction, [requestId], error),
  resetRequested: (reaction, event) => onReset(reaction, event, [event.requestId], event.payload?.scope),
  stateReplaced: (reaction, event) => onReset(reaction, event),
  eraseAllRequested: onEraseAll,
  erasedElsewhere: onErasedElsewhere,
  consentChanged: onConsent,
  storageTaskDone: onTaskDone,
  sessionAdopted: (reaction, { requestIds, error }) => settle(reaction, requestIds, error),
  sendTextRequested: (reaction, { requestId, payload: { id, text } }) =>
    sendMessage(reaction, requestId, { type: 'text', id, text }),
  resendTextRequested: onResend,
  clientMessageRequested: (reaction, { requestId, payload }) =>
    sendMessage(reaction, requestId, { type: 'client-message', ...payload }),
  interruptRequested: (reaction, { requestId }) => interrupt(reaction, requestId),
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
  startTalkingRequested(reaction, event) {
    const { call } = reaction.live
    if (call) {
      reaction.live.call = { ...call, press: event }
      interrupt(reaction, null)
    }
    passOn(reaction, event)
  },
  stopTalkingRequested: releasePress,
  resumePlaybackRequested: passOn,
  storageOpened(reaction, { tabId, isDuplicate }) {
    reaction.live.storage = 'open'
    reaction.live.tab = { id: tabId, isDuplicate }
    tell(reaction, 'tabIdentified', { tabId })
  },
  storageReported(reaction, { storage, error }) {
    reaction.live.report = { storage, error }
    tell(reaction, 'storageStatusChanged', reaction.live.report)
  },
  tabTokenRead: onTabTokenRead,
  tabTokenOpened: onTabTokenOpened,
  tabTokenUnreadable: onTabTokenUnreadable,
  tokenReady(reaction, event) {
    onRestoreToken(reaction, event)
    onCreateToken(reaction, event)
  },
  tokenFailed(reaction, event) {
    onRestoreTokenFailed(reaction, event)
    onCreateFailed(reaction, event)
  },
  sessionCreated: onSessionCreated,
  sessionNotCreated: onCreateFailed,
  sessionChecked: onSessionChecked,
  sessionRead: onSessionRead,
  sessionUnreadable: onSessionUnreadable,
  sessionReloaded: onSessionReloaded,
  sessionReleased: (reaction, { requestIds }) => settle(reaction, requestIds),
  sessionDeleted: (reaction, { requestId, error }) => settle(reaction, [requestId], error),
  permissionKnown: onPermissionKnown,
  flushed: (reaction, { requestId }) => settle(reaction, [requestId]),
  earlierRead: onEarlier,
  earlierUnreadable: onEarlier,
  callReported: onCallReported,
  callEnded: onCallEnded,
  messageSent: onMessageSent,
  messageRefused: onMessageRefused,
  tokenRefreshed: onTokenRefreshed,
  memoChanged: onMemoChanged,
  tokenExpired(reaction, { epoch }) {
    if (epoch === reaction.live.epoch) tell(reaction, 'sessionExpired', undefined)
  },
  moveRequested: onMoveRequested,
  moveCancelled: onMoveCancelled,
  takeOverRequested(reaction, event) {
    supersede(reaction, event.at)
    onTakeOver(reaction, event)
  },
  sessionFreed: onSessionFreed,
  pageReturned(reaction) {
    const { session } = reaction.live
    if (session) reaction.commands.push({ type: 'reloadIfNewer', sessionId: session.id })
  },
}

/** Interrupts the agent and its running tools, even if the connection is interrupted or lost. */
function interrupt(reaction: Reaction, requestId: string | null) {
  if (reaction.live.call) interruptTools(reaction)
  sendMessage(reaction, requestId, { type: 'interrupt' })
}

/** Passes an intent on to the call. Without a call, the state determines how the next one starts. */
function passOn(reaction: Reaction, control: CallControl) {
  const { call } = reaction.live
  if (call) reaction.commands.push({ type: 'control', callId: call.id, control })
  settleQuietly(reaction, control.requestId)
}

function releasePress(reaction: Reaction, control: CallControl) {
  const { call } = reaction.live
  if (call) reaction.live.call = { ...call, press: null }
  passOn(reaction, control)
}

/** Loads earlier messages. Two requests for the same messages share one read. */
function loadEarlier(
  reaction: Reaction,
  { requestId, firstLoadedIndex: index }: EventNamed<'earlierMessagesRequested'>,
) {
  const { session, earlier } = reaction.live
  if (!session || index === 0) return settle(reaction, [requestId])
  if (earlier?.sessionId === session.id && earlier.index === index) {
    reaction.live.earlier = { ...earlier, requestIds: [...earlier.requestIds, requestId] }
    return
  }
  if (earlier) settle(reaction, earlier.requestIds)
  reaction.live.earlier = { sessionId: session.id, index, requestIds: [requestId] }
  reaction.commands.push({ type: 'readEarlier', sessionId: session.id, index })
}

function onEarlier(reaction: Reaction, event: EventNamed<'earlierRead' | 'earlierUnreadable'>) {
  const { earlier, report } = reaction.live
  if (!earlier || earlier.sessionId !== event.sessionId || earlier.index !== event.index) return
  reaction.live.earlier = null
  if (event.type === 'earlierUnreadable') {
    tell(reaction, 'storageStatusChanged', {
      storage: report.storage,
      error: toVoiceError(event.error, 'session-unreadable'),
    })
    return settle(reaction, earlier.requestIds)
  }
  const { messages, firstLoadedIndex, lost } = event.range
  // Skips an empty range: it is preceded only by lost messages that are already known.
  if (messages.length > 0 || lost)
    tell(reaction, 'earlierMessagesLoaded', { messages, firstLoadedIndex, ...(lost ? { lost } : {}) })
  settle(reaction, earlier.requestIds)
}

/** Another page in this tab changed the session while this page was in the back/forward cache. */
function onSessionReloaded(reaction: Reaction, { stored }: EventNamed<'sessionReloaded'>) {
  if (reaction.live.session?.id === stored.head.id)
    tell(reaction, 'sessionRehydrated', { ...rehydrated(reaction, stored), isReload: true })
}

function onTokenRefreshed(reaction: Reaction, { epoch, expiresAt }: EventNamed<'tokenRefreshed'>) {
  if (epoch !== reaction.live.epoch) return
  tell(reaction, 'tokenRefreshed', { expiresAt })
  saveToken(reaction)
}

function onMemoChanged(reaction: Reaction, { epoch }: EventNamed<'memoChanged'>) {
  if (epoch === reaction.live.epoch) saveToken(reaction)
}

function saveToken({ live, commands }: Reaction) {
  const { session, epoch, call } = live
  if (session) commands.push({ type: 'saveToken', epoch, sessionId: session.id })
  else if (call?.early) live.call = { ...call, early: { ...call.early, isTokenChanged: true } }
}

/** Returns the user's decision about a call that no stored session records, for the tab's next page. */
export function callIntentOf({ call, session, job, consent, endedIds }: Live): CallIntent {
  // Nothing is stored without consent.
  if (consent === false) return null
  if (job?.kind === 'restore') {
    // The other tab still has the call.
    if (job.taken) return null
    if (job.isCallDue && job.step !== 'calling' && job.step !== 'idle') return 'wanted'
    // The session of the tab's token, which is not known yet.
    if (job.isOfTab && job.sessionId === null && !job.isCallAllowed && call === null) return 'ended'
  }
  if (call !== null) return session === null ? 'wanted' : null
  // The page may be left before it has stored the end. Even if it can't read that session, the tab's next page may.
  return endedIds.length === 0 ? null : 'ended'
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
