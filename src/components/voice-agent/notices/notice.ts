import {
  type ConnectionState,
  isMicrophoneTrouble,
  type SessionState,
  toVoiceError,
} from '../../../../store/index.js'
import { restorationOf } from '../parts/status-of.js'
import type { AssistantTexts } from '../texts/types.js'

/** What the one notice slot shows. */
export interface NoticeContent {
  /** Changes when it is another notice; a dismissed one stays away until then. */
  key: string
  tone: 'danger' | 'warning' | 'info'
  text: string
  action?: 'retry' | 'resume-playback' | 'retry-microphone' | 'open-panel'
  /** Due time of the next attempt, for the countdown. */
  retryAt?: number
  isDismissible: boolean
}

/** What of the state decides it: nothing that changes while text streams, as the session's revision does. */
export interface NoticeState {
  connection: ConnectionState
  session: Pick<SessionState, 'restore' | 'storage' | 'error'>
  conversation: { restoredCount: number }
  /** Whether the browser may have a network. */
  isOnline: boolean
  /** Whether a panel was asked for whose code could not be loaded. */
  hasPanelFailed: boolean
}

type Rule = (state: NoticeState, texts: AssistantTexts) => NoticeContent | null

const failed: Rule = ({ connection }, texts) =>
  connection.status === 'failed' && connection.error
    ? { key: 'failed', tone: 'danger', text: texts.error(connection.error), isDismissible: false }
    : null

/** What is tried meanwhile, in case the browser is wrong, hardly comes to anything: a countdown to it would promise too much. */
const offline: Rule = ({ connection: { status }, isOnline }, texts) =>
  status === 'reconnecting' && !isOnline
    ? { key: 'offline', tone: 'warning', text: texts.offline, isDismissible: false }
    : null

const reconnecting: Rule = ({ connection: { status, attempt, maxAttempts, nextRetryAt } }, texts) =>
  status === 'reconnecting'
    ? {
        key: 'reconnecting',
        tone: 'warning',
        text: texts.reconnectingNow(attempt, maxAttempts),
        isDismissible: false,
        ...(nextRetryAt === null ? {} : { action: 'retry' as const, retryAt: nextRetryAt }),
      }
    : null

const blocked: Rule = ({ connection }, texts) =>
  connection.playback === 'blocked'
    ? {
        key: 'blocked',
        tone: 'warning',
        text: texts.playbackBlocked,
        action: 'resume-playback',
        isDismissible: false,
      }
    : null

const microphone: Rule = ({ connection }, texts) => {
  const { microphone } = connection
  if (connection.status !== 'connected' && connection.status !== 'connecting') return null
  if (!isMicrophoneTrouble(microphone)) return null
  return {
    key: `microphone-${microphone}`,
    tone: 'warning',
    text: texts.microphone[microphone],
    ...(microphone === 'unsupported' || microphone === 'denied-by-policy'
      ? {}
      : { action: 'retry-microphone' as const }),
    isDismissible: true,
  }
}

const deviceFallback: Rule = ({ connection: { deviceFallback } }, texts) =>
  deviceFallback && {
    key: `device-${deviceFallback.device}-${deviceFallback.reason}`,
    tone: 'info',
    text: texts.deviceFallback[deviceFallback.device][deviceFallback.reason],
    isDismissible: true,
  }

const agentError: Rule = ({ connection }, texts) => {
  const { error, status } = connection
  // The microphone has a rule of its own, and its error outlives its recovery.
  if (!error || status === 'failed' || status === 'reconnecting' || error.code.startsWith('microphone-'))
    return null
  return { key: `error-${error.code}`, tone: 'warning', text: texts.error(error), isDismissible: true }
}

const restoreFailed: Rule = (state, texts) => {
  if (restorationOf(state) !== 'failed') return null
  const { reason } = state.session.restore
  const text = reason ? `${texts.restoreFailed} ${texts.restoreReason[reason]}` : texts.restoreFailed
  return { key: 'restore-failed', tone: 'warning', text, isDismissible: true }
}

const restoredInPart: Rule = ({ session: { restore } }, texts) => {
  if (restore.conversation !== 'restored') return null
  const lost = restore.lost.reduce((sum, { count }) => sum + count, 0)
  if (lost > 0)
    return { key: `lost-${lost}`, tone: 'warning', text: texts.restoreLost(lost), isDismissible: true }
  const { error } = restore
  return (
    error && { key: `restored-${error.code}`, tone: 'warning', text: texts.error(error), isDismissible: true }
  )
}

const storage: Rule = ({ session: { storage, error } }, texts) => {
  // Without an error, memory is what the app chose, or what is not known yet.
  if (!error) return null
  const isWithoutStorage = storage === 'memory' && error.code.startsWith('storage-')
  const text = isWithoutStorage ? texts.storageMemory : texts.error(error)
  return { key: `storage-${error.code}`, tone: 'warning', text, isDismissible: true }
}

/** After a reload, the mark in the transcript says it; after a mere reconnection, only this does. */
const forgetful: Rule = (state, texts) => {
  const { agent } = state.session.restore
  if (agent !== 'reseeded' && agent !== 'fresh') return null
  if (state.connection.status !== 'connected' || restorationOf(state) === 'restored') return null
  return { key: `agent-${agent}`, tone: 'info', text: texts.continuation[agent], isDismissible: true }
}

/** Somebody has just asked for it: whatever else there is, this is the answer. */
const panelFailed: Rule = ({ hasPanelFailed }, texts) =>
  hasPanelFailed
    ? {
        key: 'panel-failed',
        tone: 'warning',
        text: texts.error(toVoiceError(null, 'chunk-load-failed')),
        action: 'open-panel',
        isDismissible: true,
      }
    : null

/** By severity: the first that applies wins the slot. */
const rules = [
  panelFailed,
  failed,
  offline,
  reconnecting,
  blocked,
  microphone,
  deviceFallback,
  agentError,
  restoreFailed,
  restoredInPart,
  storage,
  forgetful,
]

/** The most severe notice that nobody dismissed. */
export function noticeOf(
  state: NoticeState,
  texts: AssistantTexts,
  dismissed: ReadonlySet<string>,
): NoticeContent | null {
  for (const rule of rules) {
    const notice = rule(state, texts)
    if (notice && !dismissed.has(notice.key)) return notice
  }
  return null
}
