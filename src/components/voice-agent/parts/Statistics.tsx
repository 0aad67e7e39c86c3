import { definePart } from './define-part.js'
import { panelCode } from './panel-code.js'
import { usePanels } from './panel-context.js'
import type { PartProps } from './view-context.js'

/** The statistics panel, while it is open. */
export const Statistics = definePart(function Statistics({ className }: PartProps) {
  const panel = usePanels().statistics
  const panels = panelCode.current()
  return panel.isOpen && panels ? <panels.StatisticsPanel panel={panel} className={className} /> : null
})
