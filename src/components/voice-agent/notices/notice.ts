import {
  type ConnectionState,
  isMicrophoneTrouble,
  type SessionState,
  type VoiceAgentState,
  type VoiceErrorCode,
} from '../../../../store/index.js'
import { selectRestoration } from '../parts/status-kind.js'
import type { AssistantTexts, VoiceAssistantTexts } from '../texts/types.js'

/** Content of the notice slot. */
export interface NoticeContent {
  /** Identifies the kind of notice. */
  key: string
  /** Distinguishes occurrences of the same kind. Without it, an occurrence lasts as long as its rule applies. */
  occurrence?: object
  tone: 'danger' | 'warning' | 'info'
  text: string
  /** Announced instead of `text`, for example because `text` changes every second. Empty if it is announced elsewhere. */
  said?: string
  /** True if the announcement interrupts a screen reader. */
  isUrgent?: true
  /**
   * Announced after a moment, unless the notice or the call is over by then. A call that ends for good is first reported as lost, or as an
   * agent's error.
   */
  unlessOver?: 'notice' | 'call'
  action?:
    | 'retry'
    | 'use-here'
    | 'show-here'
    | 'resume-playback'
    | 'retry-microphone'
    | 'open-panel'
    | { label: string; run: () => void }
  /** A second action, shown before the first. */
  otherAction?: 'show-here'
  /** Replaces `text` on the screen. `until`: milliseconds since the epoch. */
  countdown?: { until: number; text: (seconds: number) => string }
  isDismissible: boolean
}

/** The state that determines the notices. Omits state that changes while text streams, such as the session's revision. */
export interface NoticeState {
  connection: ConnectionState
  session: Pick<SessionState, 'restore' | 'storage' | 'error' | 'mirror'>
  conversation: { restoredCount: number }
  /** True if the conversation has messages, and they are saved on disk. */
  isSaved: boolean
  /** True if the browser may have a network. */
  isOnline: boolean
  /** Notices from the call watch, if there is one. */
  watched?: readonly WatchNotice[] | undefined
  /** True if the user opened a panel whose code could not be loaded. */
  hasPanelFailed: boolean
}

type Texts = AssistantTexts & Partial<VoiceAssistantTexts>

/** A notice whose code and texts are loaded with the call watch. */
export type WatchNotice = (texts: Texts) => NoticeContent

type Rule = (state: NoticeState, texts: Texts) => NoticeContent | readonly NoticeContent[] | null

/** True if the conversation has messages that survive a reload. */
export const selectIsSaved = ({ session, conversation }: VoiceAgentState) =>
  session.storage === 'persistent' && session.lastSavedAt !== null && conversation.messages.count > 0

const failed: Rule = ({ connection, isSaved }, texts) => {
  const { error, status } = connection
  if (status !== 'failed' || !error) return null
  const hasMoved = error.code === 'call-moved'
  const text = texts.errors[error.code]
  return {
    key: 'failed',
    occurrence: error,
    text: isSaved && !hasMoved ? `${text} ${texts.conversationSaved}` : text,
    isUrgent: true,
    isDismissible: false,
    ...(hasMoved ? { tone: 'info', action: 'use-here' } : { tone: 'danger' }),
  }
}

/** Shows no countdown: without a network, an attempt is unlikely to succeed. The agent only tries in case the browser is wrong. */
const offline: Rule = ({ connection: { status }, isOnline }, texts) =>
  status === 'reconnecting' && !isOnline
    ? { key: 'offline', tone: 'warning', text: texts.offline, unlessOver: 'notice', isDismissible: false }
    : null

const reconnecting: Rule = ({ connection: { status, attempt, maxAttempts, nextRetryAt } }, texts) =>
  status === 'reconnecting'
    ? {
        key: 'reconnecting',
        tone: 'warning',
        text: texts.reconnectingNow(attempt, maxAttempts),
        said: texts.announceReconnecting,
        unlessOver: 'notice',
        isDismissible: false,
        ...(nextRetryAt === null
          ? {}
          : {
              action: 'retry' as const,
              countdown: {
                until: nextRetryAt,
                text: (seconds: number) => texts.reconnectingIn(seconds, attempt, maxAttempts),
              },
            }),
      }
    : null

const blocked: Rule = ({ connection }, texts) =>
  connection.playback === 'blocked'
    ? {
        key: 'blocked',
        tone: 'warning',
        text: texts.playbackBlocked,
        isUrgent: true,
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
    text: texts.errors[`microphone-${microphone}`],
    isUrgent: true,
    ...(microphone === 'unsupported' || microphone === 'denied-by-policy' || microphone === 'muted-by-system'
      ? {}
      : { action: 'retry-microphone' as const }),
    isDismissible: true,
  }
}

const watched: Rule = ({ watched = [] }, texts) => watched.map((create) => create(texts))

/** Omits microphone and sound problems, which belong to the other tab. Errors from this tab's own commands come first. */
const mirrored: Rule = (state, texts) => {
  const { mirror } = state.session
  if (!mirror) return null
  const { status } = mirror
  const notice: NoticeContent = {
    key: `mirror-${status}`,
    tone: 'info',
    text: texts.mirror[status],
    isDismissible: status === 'offered',
    ...(status === 'connecting' || status === 'moving' ? {} : { action: 'use-here' }),
    ...(status === 'offered' ? { otherAction: 'show-here' } : {}),
  }
  return [agentError(state, texts) ?? [], notice].flat()
}

/** Announced with the end of the call. */
const endedIdle: Rule = ({ connection: { status, endReason } }, texts) =>
  status === 'disconnected' && endReason === 'idle'
    ? { key: 'ended-idle', tone: 'info', text: texts.endedIdle, said: '', isDismissible: true }
    : null

const deviceFallback: Rule = ({ connection: { deviceFallback } }, texts) =>
  deviceFallback && {
    key: `device-${deviceFallback.device}-${deviceFallback.reason}`,
    occurrence: deviceFallback,
    tone: 'info',
    text: texts.deviceFallback[deviceFallback.device][deviceFallback.reason],
    isDismissible: true,
  }

const agentError: Rule = ({ connection }, texts) => {
  const { error, status } = connection
  // The microphone has its own rule, and its error stays in the state after it recovers.
  if (!error || status === 'failed' || status === 'reconnecting' || error.code.startsWith('microphone-'))
    return null
  return {
    key: `error-${error.code}`,
    occurrence: error,
    tone: 'warning',
    text: texts.errors[error.code],
    unlessOver: 'call',
    isDismissible: true,
  }
}

/** Errors that are shown instead of the restore's reason, because each has its own remedy. */
const explained: readonly VoiceErrorCode[] = [
  'session-newer',
  'storage-newer',
  'storage-unreachable',
  'key-unavailable',
  'key-wrong',
]

const restoreFailed: Rule = (state, texts) => {
  if (selectRestoration(state) !== 'failed') return null
  const { reason, error } = state.session.restore
  if (error && explained.includes(error.code))
    return {
      key: `restore-${error.code}`,
      occurrence: error,
      tone: 'warning',
      text: texts.errors[error.code],
      isDismissible: true,
    }
  const text = reason ? `${texts.restoreFailed} ${texts.restoreReason[reason]}` : texts.restoreFailed
  return { key: 'restore-failed', tone: 'warning', text, isDismissible: true }
}

const restoredInPart: Rule = ({ session: { restore } }, texts) => {
  if (restore.conversation !== 'restored') return null
  const lost = restore.lost.reduce((sum, { count }) => sum + count, 0)
  if (lost > 0)
    return {
      key: `lost-${lost}`,
      occurrence: restore.lost,
      tone: 'warning',
      text: texts.restoreLost(lost),
      isDismissible: true,
    }
  const { error } = restore
  return (
    error && {
      key: `restored-${error.code}`,
      occurrence: error,
      tone: 'warning',
      text: texts.errors[error.code],
      isDismissible: true,
    }
  )
}

const storage: Rule = ({ session: { storage, error } }, texts) => {
  // Without an error, the app chose `memory`, or the storage is not open yet.
  if (!error) return null
  const isWithoutStorage =
    storage === 'memory' && error.code.startsWith('storage-') && error.code !== 'storage-newer'
  const text = texts.errors[isWithoutStorage ? 'storage-unavailable' : error.code]
  return { key: `storage-${error.code}`, occurrence: error, tone: 'warning', text, isDismissible: true }
}

/** Shown after a reconnect without a reload. After a reload, the mark in the transcript says the same. */
const agentForgot: Rule = (state, texts) => {
  const { agent } = state.session.restore
  if (agent !== 'reseeded' && agent !== 'fresh') return null
  if (state.connection.status !== 'connected' || selectRestoration(state) === 'restored') return null
  const text = texts.continuation[agent]
  // Announced with the connection.
  return { key: `agent-${agent}`, tone: 'info', text, said: '', isDismissible: true }
}

/** Comes first, because it responds to a click. */
const panelFailed: Rule = ({ hasPanelFailed }, texts) =>
  hasPanelFailed
    ? {
        key: 'panel-failed',
        tone: 'warning',
        text: texts.errors['chunk-load-failed'],
        action: 'open-panel',
        isDismissible: true,
      }
    : null

/** Most severe first. */
const rules = [
  panelFailed,
  mirrored,
  failed,
  offline,
  reconnecting,
  blocked,
  microphone,
  watched,
  endedIdle,
  deviceFallback,
  agentError,
  restoreFailed,
  restoredInPart,
  storage,
  agentForgot,
]

/** Lists the notices that apply, the most severe first. */
export function listNotices(state: NoticeState, texts: Texts): NoticeContent[] {
  return rules.flatMap((rule) => rule(state, texts) ?? [])
}
