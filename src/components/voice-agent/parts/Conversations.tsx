import { IconButton } from './IconButton.js'
import { buttonOf, useConversationsPanel } from './panel-context.js'
import { loadedPanels } from './panel-loading.js'
import { type PartProps, useAssistantView } from './view-context.js'

/** The conversations that are stored in this browser, over the transcript, while they are wanted. */
export function Conversations() {
  const panel = useConversationsPanel()
  const panels = loadedPanels()
  return panel?.isOpen && panels ? <panels.ConversationsPanel {...panel} /> : null
}

/** Opens and closes the list of the conversations that are stored in this browser. Needs a transcript beside it, which shows the list. */
export function ConversationsButton({ className }: PartProps) {
  const { texts } = useAssistantView()
  const panel = useConversationsPanel()
  if (!panel) return null
  return (
    <IconButton
      part="icon-button"
      className={className}
      icon="history"
      label={texts.conversations}
      buttonRef={panel.trigger}
      {...buttonOf(panel)}
    />
  )
}
