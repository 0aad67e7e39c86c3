import {
  findRecent,
  isMicrophoneTrouble,
  type Message,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { selectRestoration } from '../parts/status-kind.js'
import type { AssistantTexts } from '../texts/types.js'

/** When screen readers announce the agent's finished turns: `auto` means only while its voice can't be heard. */
export type AnnounceTurns = 'auto' | 'always' | 'never'

/** Text for a screen reader. An assertive one interrupts it. */
export interface Announcement {
  polite?: string
  assertive?: string
}

function announceConnection(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AssistantTexts,
): Announcement {
  const [was, is] = [before.connection.status, after.connection.status]
  if (was === is) return {}
  if (is === 'connected') {
    const { agent } = after.session.restore
    const how = agent === 'none' ? '' : ` ${texts.continuation[agent]}`
    return { polite: (was === 'reconnecting' ? texts.announceReconnected : texts.announceConnected) + how }
  }
  if (is === 'reconnecting') return { polite: texts.announceReconnecting }
  if (is === 'disconnected') return { polite: texts.announceEnded }
  if (is === 'failed' && after.connection.error) return { assertive: texts.error(after.connection.error) }
  return {}
}

function announceMedia(before: VoiceAgentState, after: VoiceAgentState, texts: AssistantTexts): Announcement {
  const { microphone, playback, deviceFallback } = after.connection
  if (playback === 'blocked' && before.connection.playback !== 'blocked')
    return { assertive: texts.playbackBlocked }
  if (deviceFallback && deviceFallback !== before.connection.deviceFallback)
    return { polite: texts.deviceFallback[deviceFallback.device][deviceFallback.reason] }
  if (microphone === before.connection.microphone || !isMicrophoneTrouble(microphone)) return {}
  return { assertive: texts.microphone[microphone] }
}

function announceSession(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AssistantTexts,
): Announcement {
  const restoration = selectRestoration(after)
  if (restoration !== selectRestoration(before)) {
    if (restoration === 'restored')
      return { polite: texts.announceRestored(after.conversation.restoredCount) }
    if (restoration === 'failed') return { polite: texts.restoreFailed }
  }
  const error = after.session.error
  if (error && error !== before.session.error && /^(tab-)?storage-/.test(error.code))
    return { polite: texts.error(error) }
  return {}
}

/** Finds the turn that ended with this change. Only one of the last few can have. */
function findEndedTurn(before: VoiceAgentState, after: VoiceAgentState): Message | null {
  const [was, is] = [before.conversation.messages, after.conversation.messages]
  if (was === is) return null
  for (const message of [...(is.full.at(-1) ?? []), ...is.tail].slice(-4)) {
    if (message.status !== 'streaming' && findRecent(was, message.id)?.status === 'streaming') return message
  }
  return null
}

function announceTurn(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AssistantTexts,
  announceTurns: AnnounceTurns,
): Announcement {
  const turn = findEndedTurn(before, after)
  if (turn?.role !== 'assistant' || after.connection.status !== 'connected') return {}
  if (turn.status === 'interrupted') return { polite: texts.announceInterrupted }
  const { playback, volume } = after.connection
  const isInaudible = playback === 'blocked' || volume === 0
  return announceTurns === 'always' || (announceTurns === 'auto' && isInaudible) ? { polite: turn.text } : {}
}

/** Announces texts that wait for a connection, and texts that were not sent. */
function announceOutbox(
  { conversation: before }: VoiceAgentState,
  { conversation: after, connection }: VoiceAgentState,
  texts: AssistantTexts,
): string | null {
  if (before.outbox === after.outbox) return null
  const isUnsent = (id: string) => !after.outbox.includes(id) && findRecent(after.messages, id)?.isUnsent
  if (before.outbox.some(isUnsent)) return texts.announceNotSent
  const isNew = after.outbox.some((id) => !before.outbox.includes(id))
  // An established connection only waits for the acknowledgement.
  return isNew && connection.status !== 'connected' ? texts.announcePending : null
}

/** Computes the announcement for a change of state. Never announces streaming text, the user's words, restored turns or ticks. */
export function computeAnnouncement(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AssistantTexts,
  announceTurns: AnnounceTurns,
): Announcement {
  if (before === after) return {}
  const announcement = {
    ...announceTurn(before, after, texts, announceTurns),
    ...announceSession(before, after, texts),
    ...announceConnection(before, after, texts),
    ...announceMedia(before, after, texts),
  }
  const outbox = announceOutbox(before, after, texts)
  return outbox ? { ...announcement, polite: [announcement.polite, outbox].join(' ').trim() } : announcement
}
