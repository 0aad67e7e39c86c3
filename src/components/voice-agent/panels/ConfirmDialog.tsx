import { ConfirmQuestion, type ConfirmQuestionProps } from '../parts/QuestionDialog.js'
import { PanelStyles } from './PanelStyles.js'
import { usePanelView } from './view.js'

/** A {@link ConfirmQuestion} with the assistant's text for *Cancel*. */
export function ConfirmDialog(props: Omit<ConfirmQuestionProps, 'cancel'>) {
  const { texts } = usePanelView()
  return <ConfirmQuestion {...props} cancel={texts.cancel} />
}

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
