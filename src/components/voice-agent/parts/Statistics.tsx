import { panelParts } from './lazy-parts.js'
import { usePanels } from './panel-context.js'
import type { PartProps } from './view-context.js'

/** The call in figures, while they are wanted. */
export function Statistics({ className }: PartProps) {
  const panel = usePanels().statistics
  const { parts } = panelParts.current()
  return panel.isOpen && parts ? <parts.StatisticsPanel id={panel.id} className={className} /> : null
}
