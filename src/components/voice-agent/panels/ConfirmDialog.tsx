import { useId, useRef } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { usePanelView } from './view.js'

interface ConfirmDialogProps {
  title: string
  text: string
  confirm: string
  onConfirm: () => void
  /** Called after either button and after Escape, when the focus is back on the element that had it. */
  onClose: () => void
}

/** Asks before an action that can't be undone. *Cancel* has the focus first, and Escape cancels. */
export function ConfirmDialog({ title, text, confirm, onConfirm, onClose }: ConfirmDialogProps) {
  const { texts } = usePanelView()
  const dialog = useRef<HTMLDialogElement | null>(null)
  const cancel = useRef<HTMLButtonElement | null>(null)
  const id = useId()
  useBrowserLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    cancel.current?.focus()
    return () => element?.close()
  }, [])
  const finish = (action?: () => void) => {
    dialog.current?.close()
    action?.()
    onClose()
  }
  return (
    <dialog
      data-rva-part="dialog"
      ref={dialog}
      role="alertdialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onCancel={(event) => {
        event.preventDefault()
        finish()
      }}
    >
      {/* The announcer fills it. */}
      <div data-rva-part="announcer" aria-live="assertive" />
      <h3 data-rva-part="dialog-title" id={`${id}-title`}>
        {title}
      </h3>
      <p data-rva-part="dialog-text" id={`${id}-text`}>
        {text}
      </p>
      <div data-rva-part="dialog-actions">
        <button type="button" data-rva-part="dialog-cancel" ref={cancel} onClick={() => finish()}>
          {texts.cancel}
        </button>
        <button type="button" data-rva-part="dialog-confirm" onClick={() => finish(onConfirm)}>
          {confirm}
        </button>
      </div>
    </dialog>
  )
}
