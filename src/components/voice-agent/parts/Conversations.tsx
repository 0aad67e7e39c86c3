import { IconButton } from './IconButton.js'
import { historyIcon } from './icons.js'
import { panelCode } from './panel-code.js'
import { buttonOf, usePanels } from './panel-context.js'
import { type PartProps, useAssistantView } from './view-context.js'

/** The conversations that are stored in this browser, over the transcript, while they are wanted. */
export function Conversations() {
  const panel = usePanels().conversations
  const panels = panelCode.current()
  return panel.isOpen && panels ? <panels.ConversationsPanel {...panel} /> : null
}

/** Opens and closes the list of the conversations that are stored in this browser. Needs a transcript beside it, which shows the list. */
export function ConversationsButton({ className }: PartProps) {
  const { texts } = useAssistantView()
  const panel = usePanels().conversations
  return (
    <IconButton
      part="icon-button"
      className={className}
      icon={historyIcon}
      label={texts.conversations}
      buttonRef={panel.trigger}
      {...buttonOf(panel)}
    />
  )
}
