import { memo, useRef } from 'react'
import { IconButton } from './IconButton.js'
import { slidersIcon } from './icons.js'
import { panelCode } from './panel-code.js'
import { buttonOf, usePanels } from './panel-context.js'
import { useAssistantView } from './view-context.js'

/** A button that opens microphone, speaker and volume above it, and closes them. */
export const DeviceMenu = memo(function DeviceMenu() {
  const { texts } = useAssistantView()
  const panel = usePanels().devices
  const panels = panelCode.current()
  const menu = useRef<HTMLDivElement | null>(null)
  return (
    <div data-rva-part="device-menu" ref={menu}>
      <IconButton
        part="devices"
        icon={slidersIcon}
        label={texts.devices}
        buttonRef={panel.trigger}
        {...buttonOf(panel)}
      />
      {panel.isOpen && panels && <panels.DevicePanel panel={panel} menu={menu} />}
    </div>
  )
})
