import { useStatisticsPanel } from './panel-context.js'
import { loadedPanels } from './panel-loading.js'
import type { PartProps } from './view-context.js'

/** The call in figures, while they are wanted. */
export function Statistics({ className }: PartProps) {
  const panel = useStatisticsPanel()
  const panels = loadedPanels()
  return panel?.isOpen && panels ? <panels.StatisticsPanel id={panel.id} className={className} /> : null
}
