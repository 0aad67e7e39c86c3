import { type AssistantView, useAssistantView } from '../parts/view-context.js'
import { withPanelTexts } from '../texts/en-panels.js'
import type { AllTexts } from '../texts/types.js'

interface PanelView extends AssistantView {
  texts: AllTexts
}

/** Chooses a text when it is rendered, so that it follows a change of the language. */
export type Phrase = (texts: AllTexts) => string

/** Cached by view, so that all panels share one object. */
const panelViews = new WeakMap<AssistantView, PanelView>()

/** Returns the assistant's view with the texts of the panels, which are loaded with the panels. */
export function usePanelView(): PanelView {
  const view = useAssistantView()
  const cached = panelViews.get(view)
  if (cached) return cached
  const created = { ...view, texts: withPanelTexts(view.texts) }
  panelViews.set(view, created)
  return created
}
