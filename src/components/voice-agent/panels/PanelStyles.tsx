import { Styles } from '../parts/Styles.js'
import { panelStyles } from '../styles/panels.js'

/** The styles of the panels, with the first that is opened. */
export function PanelStyles() {
  return <Styles sheet={panelStyles} />
}
