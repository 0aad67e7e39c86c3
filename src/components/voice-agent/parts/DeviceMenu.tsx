import { type FocusEvent, type KeyboardEvent, memo, useEffect, useRef } from 'react'
import { IconButton } from './IconButton.js'
import { buttonOf, useDevicesPanel } from './panel-context.js'
import { loadedPanels } from './panel-loading.js'
import { useAssistantView } from './view-context.js'

/**
 * A button that opens microphone, speaker and volume above it. Escape closes and gives the focus back; so does the button, and going
 * elsewhere closes as well.
 */
export const DeviceMenu = memo(function DeviceMenu() {
  const { texts } = useAssistantView()
  const panel = useDevicesPanel()
  const panels = loadedPanels()
  const menu = useRef<HTMLDivElement | null>(null)
  const isOpen = panel?.isOpen ?? false
  const close = panel?.close

  useEffect(() => {
    if (!isOpen || !close) return
    const { ownerDocument } = menu.current ?? { ownerDocument: document }
    const onPointerDown = (event: PointerEvent) => {
      // Its own path: in a shadow tree the document only hears of the host.
      if (menu.current && !event.composedPath().includes(menu.current)) close()
    }
    ownerDocument.addEventListener('pointerdown', onPointerDown)
    return () => ownerDocument.removeEventListener('pointerdown', onPointerDown)
  }, [isOpen, close])

  if (!panel) return null

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    event.stopPropagation()
    panel.close()
    panel.trigger.current?.focus()
  }
  const onBlur = ({ relatedTarget }: FocusEvent) => {
    // Nowhere is no elsewhere: the window lost it, or a press on something that takes none.
    if (relatedTarget && !menu.current?.contains(relatedTarget)) panel.close()
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only hears what bubbles from its button and its fields.
    <div data-rva-part="device-menu" ref={menu} onKeyDown={onKeyDown} onBlur={onBlur}>
      <IconButton
        part="devices"
        icon="sliders"
        label={texts.devices}
        buttonRef={panel.trigger}
        {...buttonOf(panel)}
      />
      {isOpen && panels && <panels.DevicePanel id={panel.id} />}
    </div>
  )
})
