import {
  type ComponentType,
  type Context,
  createContext,
  type ReactNode,
  type RefObject,
  useContext,
} from 'react'
import { type Message, VoiceAgentError, type VoiceAgentState } from '../../../../store/index.js'
import { type AgentSource, useAgentState } from '../hooks/agent-source.js'
import type { VoiceAssistantCommands } from '../hooks/commands.js'
import type { Announcements } from '../notices/announcement-scope.js'
import type { LoadedTexts } from '../texts/types.js'
import type { NoticeFeed } from '../watch/useCallWatch.js'

/** Props of every part. */
export interface PartProps {
  /** Added to the part's element. */
  className?: string | undefined
}

/** Content of the app that replaces parts of the assistant. */
export interface VoiceAssistantSlots {
  /** Renders the text of a message, for example as Markdown. While a text streams, only its own message re-renders. */
  message?: ComponentType<{ message: Message }> | undefined
  /** Buttons below each finished answer of the agent, for example for feedback. */
  messageActions?: ComponentType<{ message: Message }> | undefined
  /** Shown until there are messages. */
  empty?: ReactNode
  /** Shown in the header, before its buttons. */
  headerEnd?: ReactNode
}

/** Scrolls the transcript for other parts. */
export interface TranscriptHandle {
  jumpToEnd: () => void
  /** Brings a part of the transcript into view, and stays there while text streams. */
  reveal: (element: HTMLElement) => void
}

/** The user's choice for an agent, shared by all of its assistants in the page. The app's choice until the user makes one. */
export interface AnnouncementChoice {
  get(): Announcements
  set(next: Announcements): void
}

/** The app's options that apply in each window of an assistant. */
export interface FrameOptions {
  idleTimeout: number
  callWarnings: boolean
  keepAwake: boolean
}

/** Values that the parts of one assistant share. */
export interface AssistantView {
  source: AgentSource
  /** Counts the agents that the assistant has shown. */
  generation: number
  commands: VoiceAssistantCommands
  /** The default texts that are loaded with the component, with the app's replacements. */
  texts: LoadedTexts
  slots: VoiceAssistantSlots
  title: string
  /** Language of the texts, if they are the app's. */
  lang: string | undefined
  theme: 'light' | 'dark' | 'auto'
  frameOptions: FrameOptions
  /** The live region of the assistant's own window, if it has one. */
  outlet: RefObject<HTMLElement | null>
  /** False hides the statistics button. */
  hasStatistics: boolean
  /** True offers the diagnosis in the statistics. @default true in development */
  hasDiagnosis?: boolean | undefined
  /** The button Start, Cancel, End or Try again. A candidate for focus when the focused element is removed. */
  primary: RefObject<HTMLButtonElement | null>
  /** Scope of the announcements, which the user may choose. */
  announcements: AnnouncementChoice
  /** Notices from the call watch. */
  watch: NoticeFeed
  /** Set by the transcript. */
  transcript: RefObject<TranscriptHandle | null>
}

export const AssistantViewContext = createContext<AssistantView | null>(null)

/** Reads a context of the assistant. @throws VoiceAgentError `invalid-option` outside an assistant. */
export function useRequired<T>(context: Context<T | null>): T {
  const value = useContext(context)
  if (!value)
    throw new VoiceAgentError(
      'invalid-option',
      'Render the parts of the assistant inside <VoiceAssistantRoot>.',
    )
  return value
}

export const useAssistantView = () => useRequired(AssistantViewContext)

/** Selects a part of the state. The component re-renders only when that part changes. */
export function useViewState<T>(selector: (state: VoiceAgentState) => T): T {
  return useAgentState(useAssistantView().source, selector)
}
