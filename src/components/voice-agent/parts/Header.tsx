import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import { selectMessageCount } from '../selectors.js'
import { CallDetails } from './CallDetails.js'
import { ConversationsButton } from './Conversations.js'
import { definePart } from './define-part.js'
import { IconButton } from './IconButton.js'
import { Isolated } from './Isolated.js'
import { plusIcon } from './icons.js'
import { panelCode } from './panel-code.js'
import { usePanels } from './panel-context.js'
import { StatisticsButton } from './StatisticsButton.js'
import { Status } from './Status.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

const selectIsCallOn = ({ connection }: VoiceAgentState) => isCallWanted(connection.status)
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
          <CallDetails />
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
