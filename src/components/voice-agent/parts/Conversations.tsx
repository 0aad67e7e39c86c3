import { IconButton } from './IconButton.js'
import { definePart } from './Isolated.js'
import { historyIcon } from './icons.js'
import { panelCode } from './panel-code.js'
import { getPanelButtonProps, usePanels } from './panel-context.js'
import { type PartProps, useAssistantView } from './view-context.js'

/** The list of stored conversations, which covers the transcript while it is open. */
export function Conversations() {
  const panel = usePanels().conversations
  const panels = panelCode.current()
  return panel.isOpen && panels ? <panels.ConversationsPanel {...panel} /> : null
}

/** Opens and closes the list of stored conversations. Needs a transcript in the same assistant, which shows the list. */
export const ConversationsButton = definePart(function ConversationsButton({ className }: PartProps) {
  const { texts } = useAssistantView()
  const panel = usePanels().conversations
  return (
    <IconButton
      part="icon-button"
      className={className}
      icon={historyIcon}
      label={texts.conversations}
      buttonRef={panel.trigger}
      {...getPanelButtonProps(panel)}
    />
  )
})
