import { Styles } from '../parts/Styles.js'
import { panelStyles } from '../styles/panels.js'

/** The styles of the panels, added with the first open panel. */
export function PanelStyles() {
  return <Styles sheet={panelStyles} />
}
