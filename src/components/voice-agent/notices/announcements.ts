import { findRecent, type Message, type VoiceAgentState } from '../../../../store/index.js'
import { selectRestoration } from '../selectors.js'
import { withPanelTexts } from '../texts/en-panels.js'
import type { AllTexts, LoadedTexts } from '../texts/types.js'
import type { AnnounceTurns } from './announcement-scope.js'
import { type NoticeContent, selectIsSaved, type WatchNotice } from './notice.js'
import { listNotices } from './session-notices.js'

/** Text for a screen reader. An assertive one interrupts it. */
export interface Announcement {
  urgency: 'polite' | 'assertive'
  kind: 'turn' | 'status' | 'error'
  text: string
}

/** The displayed state, which the announcements follow. */
export interface ShownState {
  state: VoiceAgentState
  /** True if the browser may have a network. */
  isOnline: boolean
  watched: readonly WatchNotice[]
}

/** Milliseconds without speech after which an answer counts as unheard, or a tool call as slow. */
const SETTLED_AFTER_MS = 1000
/** Delay in milliseconds for a notice that may be over a moment later. */
const PASSING_MS = 200

const polite = (text: string, kind: Announcement['kind'] = 'status'): Announcement => ({
  urgency: 'polite',
  kind,
  text,
})

/** Lists the displayed notices, so that the screen and the announcements have one source. */
const listShown = ({ state, ...rest }: ShownState, texts: LoadedTexts) =>
  listNotices({ ...state, ...rest, isSaved: selectIsSaved(state), hasPanelFailed: false }, texts)

const toAnnouncement = ({ said, text, isUrgent, tone }: NoticeContent): Announcement => ({
  urgency: isUrgent ? 'assertive' : 'polite',
  kind: tone === 'info' ? 'status' : 'error',
  text: said ?? text,
})

function announceConnection(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AllTexts,
): Announcement[] {
  const [was, is] = [before.connection.status, after.connection.status]
  if (was === is) return []
  if (is === 'disconnected')
    return [polite(after.connection.endReason === 'idle' ? texts.endedIdle : texts.announceEnded)]
  if (is !== 'connected') return []
  const { agent } = after.session.restore
  const how = agent === 'none' ? '' : ` ${texts.continuation[agent]}`
  return [polite((was === 'reconnecting' ? texts.announceReconnected : texts.announceConnected) + how)]
}

function announceRestoration(
  before: VoiceAgentState,
  after: VoiceAgentState,
  texts: AllTexts,
): Announcement[] {
  const isNew = selectRestoration(after) === 'restored' && selectRestoration(before) !== 'restored'
  const lost = after.session.restore.lost.reduce((sum, { count }) => sum + count, 0)
  return isNew ? [polite(texts.announceRestored(after.conversation.restoredCount - lost))] : []
}

/** Announces texts that wait for a connection, and texts that were not sent. */
function announceOutbox(
  { conversation: before }: VoiceAgentState,
  { conversation: after, connection }: VoiceAgentState,
  texts: AllTexts,
): Announcement[] {
  if (before.outbox === after.outbox) return []
  const isUnsent = (id: string) => !after.outbox.includes(id) && findRecent(after.messages, id)?.isUnsent
  if (before.outbox.some(isUnsent)) return [polite(texts.announceNotSent, 'error')]
  const isNew = after.outbox.some((id) => !before.outbox.includes(id))
  // On an established connection, the text only waits for its acknowledgement.
  return isNew && connection.status !== 'connected' ? [polite(texts.announcePending)] : []
}

/** Lists the messages that were added or changed. Only the last few can be. */
function listChanged(before: VoiceAgentState, after: VoiceAgentState): { was?: Message; is: Message }[] {
  const [was, is] = [before.conversation.messages, after.conversation.messages]
  if (was === is) return []
  const recent = [...(is.full.at(-1) ?? []), ...is.tail].slice(-8)
  return recent
    .map((message) => ({ was: findRecent(was, message.id) as Message, is: message }))
    .filter((change) => change.was !== change.is)
}

/** Announces changes in one agent's state, but never streaming text, the user's words, restored turns or ticks. */
export interface TurnAnnouncer {
  /** Announces the changes since the previous call, or since creation. */
  next(after: ShownState, texts: LoadedTexts, announceTurns: AnnounceTurns): void
  /** Drops pending announcements. */
  stop(): void
}

/** @param say Called for each announcement, sometimes after a delay. */
export function createAnnouncer(first: ShownState, say: (announcement: Announcement) => void): TurnAnnouncer {
  let before = first
  /** Ids of the open turns during which the agent was heard. */
  const heard = new Set<string>()
  /** True once the agent has reported speech, which some agents never do. */
  let reportsSpeech = false
  /** Timers of pending announcements, by message id or notice key. */
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  /** The end that cancels each pending notice, by its key. */
  const passing = new Map<string, 'notice' | 'call'>()

  function cancel(id: string) {
    clearTimeout(waiting.get(id))
    waiting.delete(id)
  }

  function sayLater(id: string, announcement: Announcement, ms = SETTLED_AFTER_MS) {
    cancel(id)
    const timer = setTimeout(() => {
      waiting.delete(id)
      say(announcement)
    }, ms)
    waiting.set(id, timer)
  }

  /** Announces each new notice. */
  function announceNotices(last: ShownState, after: ShownState, texts: LoadedTexts) {
    const shown = listShown(last, texts)
    const listed = listShown(after, texts)
    const { status } = after.state.connection
    const isCallOver = status === 'failed' || status === 'disconnected'
    for (const [key, unlessOver] of passing) {
      const isOver = unlessOver === 'call' ? isCallOver : !listed.some((one) => one.key === key)
      if (!isOver) continue
      passing.delete(key)
      cancel(key)
    }
    for (const notice of listed) {
      const { key, occurrence, unlessOver } = notice
      if (shown.some((one) => one.key === key && one.occurrence === occurrence)) continue
      const announcement = toAnnouncement(notice)
      if (announcement.text === '') continue
      if (unlessOver) {
        passing.set(key, unlessOver)
        sayLater(key, announcement, PASSING_MS)
      } else say(announcement)
    }
  }

  function announceTool({ id, tool }: Message, was: Message | undefined, texts: AllTexts) {
    if (!tool || was?.tool?.status === tool.status) return
    cancel(id)
    if (tool.status === 'running') sayLater(id, polite(texts.toolCall(tool), 'turn'))
    // The question itself is an alert, and the user knows their own answer.
    else if (tool.status !== 'awaiting-approval' && tool.status !== 'declined')
      say(polite(texts.toolCall(tool), 'turn'))
  }

  function announceAnswer(
    { id, text, status }: Message,
    { connection }: VoiceAgentState,
    texts: AllTexts,
    announceTurns: AnnounceTurns,
  ) {
    if (status === 'interrupted') return say(polite(texts.announceInterrupted, 'turn'))
    if (text === '' || announceTurns === 'never') return
    const isInaudible = connection.playback === 'blocked' || connection.volume === 0
    if (announceTurns === 'always' || isInaudible) say(polite(text, 'turn'))
    // From an agent that reports no speech, any sound that is playing may be the answer.
    else if (!heard.has(id) && (reportsSpeech || connection.playback !== 'playing'))
      // Speech may start only after the text is complete.
      sayLater(id, polite(text, 'turn'))
  }

  return {
    next(after, loadedTexts, announceTurns) {
      const texts = withPanelTexts(loadedTexts)
      const last = before
      // Set first, because one of the app's texts may throw.
      before = after
      const [was, is] = [last.state, after.state]
      if (was === is && last.isOnline === after.isOnline && last.watched === after.watched) return
      const isSameSession = was.session.id === is.session.id || was.session.id === null
      const { turns } = is.conversation
      if (turns.isAgentSpeaking) {
        reportsSpeech = true
        for (const id of turns.agent) heard.add(id)
        for (const { is: message } of listChanged(was, is)) heard.add(message.id)
        for (const id of [...waiting.keys()])
          if (findRecent(is.conversation.messages, id)?.role === 'assistant') cancel(id)
      }
      const isConnected = is.connection.status === 'connected'
      const changes = isConnected && isSameSession ? listChanged(was, is) : []
      for (const { was: earlier, is: message } of changes) {
        if (message.role === 'tool') announceTool(message, earlier, texts)
        const hasEnded = earlier?.status === 'streaming' && message.status !== 'streaming'
        if (message.role === 'assistant' && hasEnded) announceAnswer(message, is, texts, announceTurns)
      }
      const sayAll = (announcements: readonly Announcement[]) => {
        for (const announcement of announcements) if (announcement.text !== '') say(announcement)
      }
      sayAll([...announceRestoration(was, is, texts), ...announceConnection(was, is, texts)])
      announceNotices(last, after, loadedTexts)
      sayAll(announceOutbox(was, is, texts))
      if (!turns.isAgentSpeaking && turns.agent.length === 0) heard.clear()
    },
    stop() {
      for (const id of [...waiting.keys()]) cancel(id)
    },
  }
}
