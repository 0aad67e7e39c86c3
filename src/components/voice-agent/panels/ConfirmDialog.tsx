import { type ReactNode, type RefObject, useId, useRef } from 'react'
import { type Modal, ModalDialog, useModal } from '../parts/ModalDialog.js'
import { PanelStyles } from './PanelStyles.js'
import { usePanelView } from './view.js'

interface QuestionDialogProps {
  modal: Modal
  role?: 'alertdialog'
  title: string
  text: string
  initialFocus: RefObject<HTMLElement | null>
  children: ReactNode
}

/** A dialog whose title and text are its accessible name and description. */
export function QuestionDialog({ modal, role, title, text, initialFocus, children }: QuestionDialogProps) {
  const id = useId()
  return (
    <ModalDialog
      modal={modal}
      part="dialog"
      role={role}
      initialFocus={initialFocus}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
    >
      <h3 data-rva-part="dialog-title" id={`${id}-title`}>
        {title}
      </h3>
      <p data-rva-part="dialog-text" id={`${id}-text`}>
        {text}
      </p>
      {children}
    </ModalDialog>
  )
}

interface ConfirmDialogProps {
  title: string
  text: string
  confirm: string
  onConfirm: () => void
  /** Called after either button or Escape, once focus is back where it was. */
  onClose: () => void
}

/** Asks before an action that can't be undone. *Cancel* gets the initial focus, and Escape cancels. */
export function ConfirmDialog({ title, text, confirm, onConfirm, onClose }: ConfirmDialogProps) {
  const { texts } = usePanelView()
  const modal = useModal(onClose)
  const cancel = useRef<HTMLButtonElement | null>(null)
  return (
    <QuestionDialog modal={modal} role="alertdialog" title={title} text={text} initialFocus={cancel}>
      <div data-rva-part="dialog-actions">
        <button type="button" data-rva-part="dialog-cancel" ref={cancel} onClick={() => modal.close()}>
          {texts.cancel}
        </button>
        <button type="button" data-rva-part="dialog-confirm" onClick={() => modal.close(onConfirm)}>
          {confirm}
        </button>
      </div>
    </QuestionDialog>
  )
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
