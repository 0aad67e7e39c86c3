import { useAssistantView, viewWith } from '../parts/view-context.js'
import { panelTexts } from '../texts/en-panels.js'

const panelView = viewWith(panelTexts)

/** The assistant's view, with the texts of the panels. */
export const usePanelView = () => panelView(useAssistantView())
