import {
  type ConnectionState,
  isMicrophoneTrouble,
  isMirroring,
  type SessionState,
  type VoiceAgentState,
  type VoiceErrorCode,
} from '../../../../store/index.js'
import { callErrorTexts } from '../texts/en-assistant.js'
import type { LoadedTexts } from '../texts/types.js'

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

/** A notice whose code and texts are loaded with the call watch. */
export type WatchNotice = (texts: LoadedTexts) => NoticeContent

/** Returns the notices of one kind that apply to the state. */
export type NoticeRule<Texts = LoadedTexts> = (
  state: NoticeState,
  texts: Texts,
) => NoticeContent | readonly NoticeContent[] | null

/** Returns the text of an error that may occur before all texts are loaded. */
function textOfError({ errors }: LoadedTexts, code: VoiceErrorCode): string {
  const known: Partial<Record<VoiceErrorCode, string>> = errors ?? callErrorTexts
  return known[code] ?? callErrorTexts.internal
}

/** True if the conversation has messages that survive a reload. */
export const selectIsSaved = ({ session, conversation }: VoiceAgentState) =>
  session.storage === 'persistent' && session.lastSavedAt !== null && conversation.messages.count > 0

export const failed: NoticeRule = ({ connection, isSaved, isOnline }, texts) => {
  const { error, status } = connection
  if (status !== 'failed' || !error) return null
  const hasMoved = error.code === 'call-moved'
  const details = (isOnline ? '' : ` ${texts.seemsOffline}`) + (isSaved ? ` ${texts.conversationSaved}` : '')
  return {
    key: 'failed',
    occurrence: error,
    text: textOfError(texts, error.code) + (hasMoved ? '' : details),
    isUrgent: true,
    isDismissible: false,
    ...(hasMoved ? { tone: 'info', action: 'use-here' } : { tone: 'danger' }),
  }
}

/** Shows no countdown: without a network, an attempt is unlikely to succeed. The agent only tries in case the browser is wrong. */
export const offline: NoticeRule = ({ connection: { status }, isOnline }, texts) =>
  status === 'reconnecting' && !isOnline
    ? { key: 'offline', tone: 'warning', text: texts.offline, unlessOver: 'notice', isDismissible: false }
    : null

export const reconnecting: NoticeRule = (
  { connection: { status, attempt, maxAttempts, nextRetryAt } },
  texts,
) =>
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

export const blocked: NoticeRule = ({ connection }, texts) =>
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

export const microphone: NoticeRule = ({ connection }, texts) => {
  const { microphone } = connection
  if (connection.status !== 'connected' && connection.status !== 'connecting') return null
  if (!isMicrophoneTrouble(microphone)) return null
  return {
    key: `microphone-${microphone}`,
    tone: 'warning',
    text: textOfError(texts, `microphone-${microphone}`),
    isUrgent: true,
    ...(microphone === 'unsupported' || microphone === 'denied-by-policy' || microphone === 'muted-by-system'
      ? {}
      : { action: 'retry-microphone' as const }),
    isDismissible: true,
  }
}

export const watched: NoticeRule = ({ watched = [] }, texts) => watched.map((create) => create(texts))

/** Comes first, because it responds to a click. */
export const panelFailed: NoticeRule = ({ hasPanelFailed }, texts) =>
  hasPanelFailed
    ? {
        key: 'panel-failed',
        tone: 'warning',
        text: textOfError(texts, 'chunk-load-failed'),
        action: 'open-panel',
        isDismissible: true,
      }
    : null

/** Rules that explain a call and an outage. Loaded with the component, because an outage may keep the others from loading. Most severe first. */
const callRules = [panelFailed, failed, offline, reconnecting, blocked, microphone, watched]

/** Lists the notices that apply before the other rules are loaded with the panels. */
export function listCallNotices(state: NoticeState, texts: LoadedTexts): NoticeContent[] {
  // The other notices don't apply to another tab's call.
  const rules = isMirroring(state) ? [panelFailed] : callRules
  return rules.flatMap((rule) => rule(state, texts) ?? [])
}
