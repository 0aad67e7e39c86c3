import { createContext, type RefObject, useContext } from 'react'
import { VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { VoiceAssistantCommands } from '../hooks/commands.js'
import { useAgentState } from '../hooks/useAgentState.js'
import type { VoiceAssistantTexts } from '../texts.js'

/** What the parts of one assistant share. */
export interface AssistantView {
  source: AgentSource
  commands: VoiceAssistantCommands
  texts: VoiceAssistantTexts
  title: string
  /** Start, Cancel, End or Try again: where focus goes when what had it is gone. */
  primary: RefObject<HTMLButtonElement | null>
}

export const AssistantViewContext = createContext<AssistantView | null>(null)

export function useAssistantView(): AssistantView {
  const view = useContext(AssistantViewContext)
  if (!view) throw new VoiceAgentError('invalid-option', 'A part of the assistant is used outside of it.')
  return view
}

/** A part of the state, for a part of the view: it renders again when just that changes. */
export function useViewState<T>(selector: (state: VoiceAgentState) => T): T {
  return useAgentState(useAssistantView().source, selector)
}
