import { panelStyles } from '../styles/panels.js'
import { Styles } from './Styles.js'

/** The styles of the panels, with the first that is opened. */
export function PanelStyles() {
  return <Styles sheet={panelStyles} />
}
