import {
  findRecent,
  isMicrophoneTrouble,
  type Message,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { restorationOf } from '../parts/status-of.js'
import type { AssistantTexts } from '../texts/types.js'

/** Whether the agent's finished turns are read out: `auto`, only while its voice can't be heard. */
export type AnnounceTurns = 'auto' | 'always' | 'never'

/** What to tell a screen reader: politely, or at once. */
export interface Announcement {
  polite?: string
  assertive?: string
}

function connectionNews(
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

function mediaNews(before: VoiceAgentState, after: VoiceAgentState, texts: AssistantTexts): Announcement {
  const { microphone, playback, deviceFallback } = after.connection
  if (playback === 'blocked' && before.connection.playback !== 'blocked')
    return { assertive: texts.playbackBlocked }
  if (deviceFallback && deviceFallback !== before.connection.deviceFallback)
    return { polite: texts.deviceFallback[deviceFallback.device][deviceFallback.reason] }
  if (microphone === before.connection.microphone || !isMicrophoneTrouble(microphone)) return {}
  return { assertive: texts.microphone[microphone] }
}

function sessionNews(before: VoiceAgentState, after: VoiceAgentState, texts: AssistantTexts): Announcement {
  const restoration = restorationOf(after)
  if (restoration !== restorationOf(before)) {
    if (restoration === 'restored')
      return { polite: texts.announceRestored(after.conversation.restoredCount) }
    if (restoration === 'failed') return { polite: texts.restoreFailed }
  }
  const error = after.session.error
  if (error && error !== before.session.error && error.code.startsWith('storage-'))
    return { polite: texts.error(error) }
  return {}
}

/** The turn that ended by this change, if one did: only the last few can have. */
function endedTurn(before: VoiceAgentState, after: VoiceAgentState): Message | null {
  const [was, is] = [before.conversation.messages, after.conversation.messages]
  if (was === is) return null
  for (const message of [...(is.full.at(-1) ?? []), ...is.tail].slice(-4)) {
    if (message.status !== 'streaming' && findRecent(was, message.id)?.status === 'streaming') return message
  }
  return null
}

function turnNews(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AssistantTexts,
  announceTurns: AnnounceTurns,
): Announcement {
  const turn = endedTurn(before, after)
  if (turn?.role !== 'assistant' || after.connection.status !== 'connected') return {}
  if (turn.status === 'interrupted') return { polite: texts.announceInterrupted }
  const { playback, volume } = after.connection
  const isUnheard = playback === 'blocked' || volume === 0
  return announceTurns === 'always' || (announceTurns === 'auto' && isUnheard) ? { polite: turn.text } : {}
}

/** What a change of state is worth saying aloud. Never streaming text, the user's own words, restored turns or ticks. */
export function announcementOf(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AssistantTexts,
  announceTurns: AnnounceTurns,
): Announcement {
  if (before === after) return {}
  return {
    ...turnNews(before, after, texts, announceTurns),
    ...sessionNews(before, after, texts),
    ...connectionNews(before, after, texts),
    ...mediaNews(before, after, texts),
  }
}
