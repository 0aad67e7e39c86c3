import { connectionQualityOf, type VoiceAgentState } from '../../../../store/index.js'
import { formatDuration } from '../format/numbers.js'
import { useTick } from '../hooks/time.js'
import { selectIsCallOn, selectMessageCount } from '../selectors.js'
import { ConversationsButton } from './Conversations.js'
import { IconButton } from './IconButton.js'
import { definePart, Isolated } from './Isolated.js'
import { plusIcon } from './icons.js'
import { panelCode } from './panel-code.js'
import { usePanels } from './panel-context.js'
import { StatisticsButton } from './Statistics.js'
import { Status } from './Status.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

const selectHasPoorQuality = (state: VoiceAgentState) => connectionQualityOf(state) === 'poor'
const selectRunningSince = ({ connection, stats }: VoiceAgentState) =>
  connection.status === 'connected' && stats.endedAt === null ? stats.startedAt : null

/** The duration of the session's calls. A separate component, because it renders every second. */
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

/** A warning in words. Better qualities show only in the bars of the statistics button. */
function WeakConnection() {
  const { texts } = useAssistantView()
  const isPoor = useViewState(selectHasPoorQuality)
  const { statistics } = usePanels()
  // The open statistics panel shows the quality itself.
  if (!isPoor || statistics.isOpen) return null
  return (
    <span data-rva-part="quality-text" data-quality="poor">
      {texts.quality.poor}
    </span>
  )
}

const selectHasMessages = (state: VoiceAgentState) => selectMessageCount(state) > 0

/** Title, status, and buttons for the conversation as a whole. */
export const Header = definePart(function Header({ className }: PartProps) {
  const { texts, title, commands, primary, slots, hasStatistics } = useAssistantView()
  const hasMessages = useViewState(selectHasMessages)
  const isCallOn = useViewState(selectIsCallOn)
  const question = usePanels().newConversation
  const panels = panelCode.current()
  const startNewConversation = () => {
    void commands.newSession()
    primary.current?.focus()
  }
  return (
    <header data-rva-part="header" className={className}>
      <div data-rva-part="heading">
        <h2 data-rva-part="title" title={title}>
          {title}
        </h2>
        <div data-rva-part="status-line">
          <Status />
          <CallDuration />
          <WeakConnection />
        </div>
      </div>
      <div data-rva-part="header-end">
        {slots.headerEnd !== undefined && <Isolated>{slots.headerEnd}</Isolated>}
        {hasStatistics && <StatisticsButton />}
        <ConversationsButton />
        <IconButton
          part="icon-button"
          icon={plusIcon}
          label={texts.newConversation}
          isInert={!hasMessages}
          onClick={isCallOn ? question.open : startNewConversation}
        />
        {question.isOpen && panels && (
          <panels.NewConversationDialog onConfirm={startNewConversation} onClose={question.close} />
        )}
      </div>
    </header>
  )
})
