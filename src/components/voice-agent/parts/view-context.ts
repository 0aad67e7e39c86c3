import {
  type ComponentType,
  type Context,
  createContext,
  type ReactNode,
  type RefObject,
  useContext,
} from 'react'
import { type Message, VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { VoiceAssistantCommands } from '../hooks/commands.js'
import { useAgentState } from '../hooks/useAgentState.js'
import type { AssistantTexts, VoiceAssistantTexts } from '../texts/types.js'

/** What every part takes. */
export interface PartProps {
  /** Added to the part's element, which `data-rva-part` names as well. */
  className?: string | undefined
}

/** What of an app's own stands in the place of ours. */
export interface VoiceAssistantSlots {
  /** The words of a message, for example as Markdown; gets the text so far while it streams. Only its own message renders then. */
  message?: ComponentType<{ message: Message }> | undefined
  /** Before the first message. */
  empty?: ReactNode
  /** At the end of the header, before its buttons. */
  headerEnd?: ReactNode
}

/** What the parts of one assistant share. */
export interface AssistantView {
  source: AgentSource
  commands: VoiceAssistantCommands
  /** Those of what is seen at once, and what the app has replaced of all. */
  texts: AssistantTexts & Partial<VoiceAssistantTexts>
  slots: VoiceAssistantSlots
  title: string
  /** Start, Cancel, End or Try again: where focus goes when what had it is gone. */
  primary: RefObject<HTMLButtonElement | null>
}

export const AssistantViewContext = createContext<AssistantView | null>(null)

/** @throws VoiceAgentError `invalid-option` outside of an assistant. */
export function useRequired<T>(context: Context<T | null>): T {
  const value = useContext(context)
  if (!value) throw new VoiceAgentError('invalid-option', 'A part of the assistant is used outside of it.')
  return value
}

export const useAssistantView = () => useRequired(AssistantViewContext)

/** A part of the state, for a part of the view: it renders again when just that changes. */
export function useViewState<T>(selector: (state: VoiceAgentState) => T): T {
  return useAgentState(useAssistantView().source, selector)
}
