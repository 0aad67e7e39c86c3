import { type DialogHTMLAttributes, type RefObject, useRef } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

/** Milliseconds in which a second click belongs to the click that opened the dialog. */
const DOUBLE_CLICK_MS = 500

/** A modal dialog that its owner closes. */
export interface Modal {
  dialog: RefObject<HTMLDialogElement | null>
  /** Called when it is closed, by `close` or by the browser, with the focus back on the element that had it. */
  onClose: () => void
  /** Closes it. The action runs when the focus is back, so that it can move the focus on. */
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
  /** Gets the focus first. @default the first element that can have it */
  initialFocus?: RefObject<HTMLElement | null>
}

/** A dialog that is modal as long as it is rendered: the page behind it is inert, and Escape closes it. */
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
      // The user who pressed twice, or holds a key, means the button that opened the dialog, not the one that is there now.
      onClickCapture={(event) => {
        if (event.detail < 2 || event.timeStamp - openedAt.current > DOUBLE_CLICK_MS) return
        event.preventDefault()
        event.stopPropagation()
      }}
      onKeyDownCapture={(event) => {
        if (event.repeat && (event.target as Element).matches('button')) event.preventDefault()
      }}
      onClose={({ target, currentTarget }) => {
        // Not for a dialog in it. One that is open again was closed and opened by StrictMode.
        if (target === currentTarget && !currentTarget.open) onClose()
      }}
    >
      {/* The announcer fills it. */}
      <div data-rva-part="announcer" aria-live="assertive" />
      {children}
    </dialog>
  )
}
