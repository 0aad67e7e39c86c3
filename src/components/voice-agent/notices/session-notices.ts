import { isMirroring, type VoiceErrorCode } from '../../../../store/index.js'
import { selectRestoration } from '../selectors.js'
import { withPanelTexts } from '../texts/en-panels.js'
import type { AllTexts, LoadedTexts } from '../texts/types.js'
import {
  blocked,
  failed,
  microphone,
  type NoticeContent,
  type NoticeRule,
  type NoticeState,
  offline,
  panelFailed,
  reconnecting,
  watched,
} from './notice.js'

type Rule = NoticeRule<AllTexts>

/** Errors from this tab's own commands come first. */
const mirrored: Rule = (state, texts) => {
  const { mirror } = state.session
  if (!mirror || !isMirroring(state)) return null
  const { status } = mirror
  const notice: NoticeContent = {
    key: `mirror-${status}`,
    tone: 'info',
    text: texts.mirror[status],
    isDismissible: false,
    ...(status === 'connecting' || status === 'moving' ? {} : { action: 'use-here' }),
  }
  return [agentError(state, texts) ?? [], notice].flat()
}

const offered: Rule = ({ session: { mirror } }, texts) =>
  mirror?.status === 'offered'
    ? {
        key: 'mirror-offered',
        tone: 'info',
        text: texts.mirror.offered,
        action: 'use-here',
        otherAction: 'show-here',
        isDismissible: true,
      }
    : null

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

/** Most severe first. */
const rules: readonly Rule[] = [
  panelFailed,
  mirrored,
  failed,
  offline,
  reconnecting,
  blocked,
  microphone,
  watched,
  offered,
  endedIdle,
  deviceFallback,
  agentError,
  restoreFailed,
  restoredInPart,
  storage,
  agentForgot,
]

/** Lists the notices that apply, the most severe first. */
export function listNotices(state: NoticeState, texts: LoadedTexts): NoticeContent[] {
  const all = withPanelTexts(texts)
  return rules.flatMap((rule) => rule(state, all) ?? [])
}
