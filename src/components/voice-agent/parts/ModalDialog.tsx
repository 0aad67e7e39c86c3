import { type DialogHTMLAttributes, type RefObject, useRef } from 'react'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'

/** Milliseconds within which a second click belongs to the click that opened the dialog. */
const DOUBLE_CLICK_MS = 500

/** A modal dialog that its owner closes. */
export interface Modal {
  dialog: RefObject<HTMLDialogElement | null>
  /** Called after `close` or the browser has closed it, once focus is back where it was. */
  onClose: () => void
  /** Closes it. The action runs once focus is back, so that it can move focus elsewhere. */
  close: (action?: () => void) => void
}

/** Render the {@link ModalDialog} until `onClose` is called. */
export function useModal(onClose: () => void): Modal {
  const dialog = useRef<HTMLDialogElement | null>(null)
  const close = (action?: () => void) => {
    dialog.current?.close()
    action?.()
    onClose()
  }
  return { dialog, onClose, close }
}

interface ModalDialogProps extends Omit<DialogHTMLAttributes<HTMLDialogElement>, 'onClose'> {
  modal: Modal
  part: 'dialog' | 'sheet'
  /** Gets the initial focus. @default the first focusable element */
  initialFocus?: RefObject<HTMLElement | null>
}

/** A dialog that is modal while it is rendered: the page behind it is inert, and Escape closes it. */
export function ModalDialog({
  modal: { dialog, onClose },
  part,
  initialFocus,
  children,
  ...rest
}: ModalDialogProps) {
  const openedAt = useRef(0)
  useBrowserLayoutEffect(() => {
    const element = dialog.current
    openedAt.current = (element?.ownerDocument.defaultView ?? window).performance.now()
    element?.showModal()
    initialFocus?.current?.focus()
    return () => element?.close()
  }, [dialog, initialFocus])
  return (
    <dialog
      {...rest}
      ref={dialog}
      data-rva-part={part}
      // Ignores double clicks and key repeats: they were meant for the button that opened the dialog.
      onClickCapture={(event) => {
        if (event.detail < 2 || event.timeStamp - openedAt.current > DOUBLE_CLICK_MS) return
        event.preventDefault()
        event.stopPropagation()
      }}
      onKeyDownCapture={(event) => {
        if (event.repeat && (event.target as Element).matches('button')) event.preventDefault()
      }}
      onClose={({ target, currentTarget }) => {
        // Ignores dialogs inside this one, and a close that StrictMode has already undone.
        if (target === currentTarget && !currentTarget.open) onClose()
      }}
    >
      {/* Filled by the announcer. */}
      <div data-rva-part="announcer" aria-live="assertive" />
      {children}
    </dialog>
  )
}
