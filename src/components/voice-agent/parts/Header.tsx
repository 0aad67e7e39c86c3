import { memo } from 'react'
import { connectionQualityOf, type VoiceAgentState } from '../../../../store/index.js'
import { formatDuration } from '../figures.js'
import { useTick } from '../hooks/useTick.js'
import { ConversationsButton } from './Conversations.js'
import { IconButton } from './IconButton.js'
import { useStatisticsPanel } from './panel-context.js'
import { StatisticsButton } from './StatisticsButton.js'
import { Status } from './Status.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

const selectHasMessages = (state: VoiceAgentState) =>
  state.conversation.firstLoadedIndex + state.conversation.messages.count > 0
const selectIsPoor = (state: VoiceAgentState) => connectionQualityOf(state) === 'poor'
const selectRunningSince = ({ connection, stats }: VoiceAgentState) =>
  connection.status === 'connected' && stats.endedAt === null ? stats.startedAt : null

/** How long the session's calls have run. The one thing here that renders every second. */
function CallDuration() {
  const startedAt = useViewState(selectRunningSince)
  useTick(startedAt !== null)
  if (startedAt === null) return null
  return (
    <span data-rva-part="duration" role="timer" aria-live="off">
      {formatDuration(Date.now() - startedAt)}
    </span>
  )
}

/** In words only when it is worth knowing: the bars beside it say the rest. */
function WeakConnection() {
  const { texts } = useAssistantView()
  const isPoor = useViewState(selectIsPoor)
  const panel = useStatisticsPanel()
  // The open panel says so itself.
  if (!isPoor || panel?.isOpen) return null
  return (
    <span data-rva-part="quality-text" data-quality="poor">
      {texts.quality.poor}
    </span>
  )
}

/** The title, what is going on, and what concerns the conversation as a whole. */
export const Header = memo(function Header({ className }: PartProps) {
  const { texts, title, commands, primary, slots } = useAssistantView()
  const hasMessages = useViewState(selectHasMessages)
  const startAnew = () => {
    void commands.newSession()
    primary.current?.focus()
  }
  return (
    <header data-rva-part="header" className={className}>
      <div data-rva-part="heading">
        <h2 data-rva-part="title">{title}</h2>
        <div data-rva-part="status-line">
          <Status />
          <CallDuration />
          <WeakConnection />
        </div>
      </div>
      <div data-rva-part="header-end">
        {slots.headerEnd}
        <StatisticsButton />
        <ConversationsButton />
        <IconButton
          part="icon-button"
          icon="plus"
          label={texts.newConversation}
          isInert={!hasMessages}
          onClick={startAnew}
        />
      </div>
    </header>
  )
})
