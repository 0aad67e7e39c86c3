import { memo, useRef } from 'react'
import { IconButton } from './IconButton.js'
import { ErrorBoundary } from './Isolated.js'
import { slidersIcon } from './icons.js'
import { panelCode } from './panel-code.js'
import { getPanelButtonProps, usePanels } from './panel-context.js'
import { useAssistantView } from './view-context.js'

/** A button that opens and closes the panel with microphone, speaker and volume above it. */
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
        {...getPanelButtonProps(panel)}
      />
      {panel.isOpen && panels && (
        <ErrorBoundary>
          <panels.DevicePanel panel={panel} menu={menu} />
        </ErrorBoundary>
      )}
    </div>
  )
})
