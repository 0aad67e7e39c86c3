import { type ReactNode, useRef, useState } from 'react'
import { selectStatusKind } from '../selectors.js'
import { sheetStyles } from '../styles/sheet.js'
import { IconButton } from './IconButton.js'
import { definePart } from './Isolated.js'
import { closeIcon } from './icons.js'
import { ModalDialog, useModal } from './ModalDialog.js'
import { Styles } from './Styles.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/**
 * A compact bar with the assistant's name and status. It opens its children over the whole page, as a modal dialog. The page behind it is
 * inert, Escape closes the panels in it first, and focus returns to the bar. Closing the sheet does not end a call.
 */
export const Sheet = definePart(function Sheet({
  className,
  children,
}: PartProps & { children?: ReactNode }) {
  const { texts, title } = useAssistantView()
  const kind = useViewState(selectStatusKind)
  const bar = useRef<HTMLButtonElement | null>(null)
  const [isOpen, setIsOpen] = useState(false)
  const modal = useModal(() => {
    setIsOpen(false)
    // Not every browser returns focus to a button that was clicked.
    bar.current?.focus()
  })
  return (
    <div data-rva-part="sheet-frame" className={className}>
      <Styles sheet={sheetStyles} />
      <button
        type="button"
        ref={bar}
        data-rva-part="sheet-bar"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onKeyDown={(event) => event.repeat && event.preventDefault()}
        onClick={({ currentTarget }) => {
          // Not every browser focuses a clicked button, and the dialog returns focus to where it was.
          currentTarget.focus()
          setIsOpen(true)
        }}
      >
        <span data-rva-part="sheet-title">{title}</span>{' '}
        <span data-rva-part="sheet-status" data-kind={kind}>
          {texts.status[kind]}
        </span>
      </button>
      {isOpen && (
        <ModalDialog modal={modal} part="sheet" aria-label={title}>
          <div data-rva-part="sheet-head">
            <IconButton
              part="icon-button"
              icon={closeIcon}
              label={texts.closeSheet}
              onClick={() => modal.close()}
            />
          </div>
          {children}
        </ModalDialog>
      )}
    </div>
  )
})
