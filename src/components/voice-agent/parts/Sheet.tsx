import { type ReactNode, useEffect, useRef, useState } from 'react'
import { sheetStyles } from '../styles/sheet.js'
import { definePart } from './define-part.js'
import { IconButton } from './IconButton.js'
import { closeIcon } from './icons.js'
import { Styles } from './Styles.js'
import { selectStatusKind } from './status-kind.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/**
 * A compact bar with the name and the status of the assistant. It opens its children over the whole page, as a modal dialog. The page behind it is
 * inert, Escape closes it after the panels in it, and the focus returns to the bar. Closing it leaves a call on.
 */
export const Sheet = definePart(function Sheet({
  className,
  children,
}: PartProps & { children?: ReactNode }) {
  const { texts, title } = useAssistantView()
  const kind = useViewState(selectStatusKind)
  const dialog = useRef<HTMLDialogElement | null>(null)
  const bar = useRef<HTMLButtonElement | null>(null)
  const [isOpen, setIsOpen] = useState(false)
  // An ordinary effect, because the children that get the focus are rendered with the state.
  useEffect(() => {
    const element = dialog.current
    if (!isOpen || !element) return
    element.showModal()
    return () => element.close()
  }, [isOpen])
  const close = () => {
    dialog.current?.close()
    setIsOpen(false)
    // Not every browser returns it to a button that was pressed by a pointer.
    bar.current?.focus()
  }
  return (
    <div data-rva-part="sheet-frame" className={className}>
      <Styles sheet={sheetStyles} />
      <button
        type="button"
        ref={bar}
        data-rva-part="sheet-bar"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(true)}
      >
        <span data-rva-part="sheet-title">{title}</span>{' '}
        <span data-rva-part="sheet-status" data-kind={kind}>
          {texts.status[kind]}
        </span>
      </button>
      <dialog
        ref={dialog}
        data-rva-part="sheet"
        aria-label={title}
        onCancel={(event) => {
          // A field for a file in it reports a cancelled choice in the same way.
          if (event.target !== event.currentTarget) return
          event.preventDefault()
          close()
        }}
      >
        {/* The announcer fills it. */}
        <div data-rva-part="announcer" aria-live="assertive" />
        {isOpen && (
          <>
            <div data-rva-part="sheet-head">
              <IconButton part="icon-button" icon={closeIcon} label={texts.closeSheet} onClick={close} />
            </div>
            {children}
          </>
        )}
      </dialog>
    </div>
  )
})
