import { ConfirmDialog } from './ConfirmDialog.js'
import { PanelStyles } from './PanelStyles.js'
import { usePanelView } from './view.js'

/** Asks before a new conversation ends the call. */
export function NewConversationDialog(props: { onConfirm: () => void; onClose: () => void }) {
  const { texts } = usePanelView()
  return (
    <>
      <PanelStyles />
      <ConfirmDialog
        title={texts.newConversationQuestion}
        text={texts.newConversationMeans}
        confirm={texts.newConversation}
        {...props}
      />
    </>
  )
}
