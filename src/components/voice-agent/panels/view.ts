import { panelTexts } from '../english/panels.js'
import { useAssistantView, viewWith } from '../parts/view-context.js'

const panelView = viewWith(panelTexts)

/** The assistant's view, with the texts of the panels. */
export const usePanelView = () => panelView(useAssistantView())
