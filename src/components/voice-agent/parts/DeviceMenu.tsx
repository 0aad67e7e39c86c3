import { type FocusEvent, type KeyboardEvent, memo, useEffect, useId, useRef, useState } from 'react'
import { DevicePanel } from './DevicePanel.js'
import { IconButton } from './IconButton.js'
import { useAssistantView } from './view-context.js'

/**
 * A button that opens microphone, speaker and volume above it. Escape closes and gives the focus back; so does the button, and going
 * elsewhere closes as well.
 */
export const DeviceMenu = memo(function DeviceMenu() {
  const { texts } = useAssistantView()
  const [isOpen, setIsOpen] = useState(false)
  const id = useId()
  const menu = useRef<HTMLDivElement | null>(null)
  const trigger = useRef<HTMLButtonElement | null>(null)

  useEffect(() => {
    if (!isOpen) return
    const { ownerDocument } = menu.current ?? { ownerDocument: document }
    const onPointerDown = (event: PointerEvent) => {
      // Its own path: in a shadow tree the document only hears of the host.
      if (menu.current && !event.composedPath().includes(menu.current)) setIsOpen(false)
    }
    ownerDocument.addEventListener('pointerdown', onPointerDown)
    return () => ownerDocument.removeEventListener('pointerdown', onPointerDown)
  }, [isOpen])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    event.stopPropagation()
    setIsOpen(false)
    trigger.current?.focus()
  }
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    // Nowhere is no elsewhere: the window lost it, or a press on something that takes none.
    if (relatedTarget && !menu.current?.contains(relatedTarget)) setIsOpen(false)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears what bubbles from its button and its fields.
    <div data-rva-part="device-menu" ref={menu} onKeyDown={onKeyDown} onBlur={onBlur}>
      <IconButton
        part="devices"
        icon="sliders"
        label={texts.devices}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        buttonRef={trigger}
        onClick={() => setIsOpen(!isOpen)}
      />
      {isOpen && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset brings margins, borders and a minimum width of its own.
        <div data-rva-part="device-panel" id={id} role="group" aria-label={texts.devices}>
          <DevicePanel />
        </div>
      )}
    </div>
  )
})
