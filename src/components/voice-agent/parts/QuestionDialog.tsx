import { type ReactNode, type RefObject, useId, useRef } from 'react'
import { type Modal, ModalDialog, useModal } from './ModalDialog.js'

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

export interface ConfirmQuestionProps {
  title: string
  text: string
  confirm: string
  cancel: string
  onConfirm: () => void
  /** Called after either button or Escape, once focus is back where it was. */
  onClose: () => void
}

/** Asks before an action that can't be undone. *Cancel* gets the initial focus, and Escape cancels. */
export function ConfirmQuestion({ title, text, confirm, cancel, onConfirm, onClose }: ConfirmQuestionProps) {
  const modal = useModal(onClose)
  const cancelButton = useRef<HTMLButtonElement | null>(null)
  return (
    <QuestionDialog modal={modal} role="alertdialog" title={title} text={text} initialFocus={cancelButton}>
      <div data-rva-part="dialog-actions">
        <button type="button" data-rva-part="dialog-cancel" ref={cancelButton} onClick={() => modal.close()}>
          {cancel}
        </button>
        <button type="button" data-rva-part="dialog-confirm" onClick={() => modal.close(onConfirm)}>
          {confirm}
        </button>
      </div>
    </QuestionDialog>
  )
}
