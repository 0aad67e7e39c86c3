import { type ReactNode, useMemo, useRef, useState } from 'react'
import {
  type AgentSource,
  useAgentSource,
  useBrowserLayoutEffect,
  type VoiceAssistantConfig,
} from './hooks/agent-source.js'
import { useEndCallOnUnmount } from './hooks/useEndCallOnUnmount.js'
import type { Announcements, AnnounceTurns } from './notices/announcement-scope.js'
import { Announcer } from './parts/Announcer.js'
import { Frame, useFrame } from './parts/Frame.js'
import { panelCode } from './parts/panel-code.js'
import { PanelProvider } from './parts/panel-context.js'
import {
  type AnnouncementChoice,
  type AssistantView,
  AssistantViewContext,
  type TranscriptHandle,
  type VoiceAssistantSlots,
} from './parts/view-context.js'
import { assistantTexts } from './texts/en-assistant.js'
import type { VoiceAssistantTexts } from './texts/types.js'

/** Props of {@link VoiceAssistantRoot}. */
export interface VoiceAssistantRootProps {
  /** Options for an agent that the component creates, or `{ agent }`. Not needed inside a `<VoiceAgentProvider>`. */
  config?: VoiceAssistantConfig
  className?: string
  /** Texts that replace the English ones, for example a translation. */
  texts?: Partial<VoiceAssistantTexts>
  /** Heading and accessible name. @default texts.title */
  title?: string
  /** `auto` follows the page's `color-scheme`. @default 'auto' */
  theme?: 'light' | 'dark' | 'auto'
  /** When screen readers announce the agent's finished turns. @default 'auto', only while its voice can't be heard */
  announceTurns?: AnnounceTurns
  /**
   * Announcements for screen readers. `turns`: only answers, tool calls, interruptions, errors and warnings. `none`: only errors and
   * warnings.
   *
   * @default 'all'
   */
  announcements?: Announcements
  /**
   * Called when the user changes `announcements` in the device panel. The choice applies to this page. To remember it, store it and pass it as
   * `announcements` next time.
   */
  onAnnouncementsChange?: (announcements: Announcements) => void
  /**
   * Milliseconds after which a call ends if the user does not speak, type or press anything, for example 120000. The timer pauses while
   * the agent works or speaks. A warning with *Keep talking* appears 30 s before the end, or after half of a shorter time. When the call has
   * ended, `connection.endReason` is `idle`. 0 turns this off.
   *
   * @default 0
   */
  idleTimeout?: number
  /**
   * Warns the user, with a remedy, if the microphone is silent, the network is slow, or no sound arrives from the agent.
   *
   * @default false
   */
  callWarnings?: boolean
  /** Shows the statistics button. @default true */
  showStatistics?: boolean
  /** Offers *Copy diagnosis* in the statistics: the text of `diagnose()`, for bug reports. @default true in development, false in production */
  showDiagnosis?: boolean
  /** Keeps the screen on during a call, in browsers with the Screen Wake Lock API. @default false */
  keepAwake?: boolean
  /** Ends the call when the component unmounts. An agent that the component created ends its call in any case. @default false */
  endCallOnUnmount?: boolean
  /** Your own content for parts of the assistant. */
  slots?: VoiceAssistantSlots
  /** The parts, in any order, with your own content between them. */
  children?: ReactNode
}

/** Counts the agents that an assistant has shown, from 0, even if the first one is created after the first render. */
function useGeneration({ agent }: AgentSource): number {
  const [shown, setShown] = useState({ agent, generation: 0 })
  if (agent !== null && agent !== shown.agent) {
    const generation = shown.agent === null ? shown.generation : shown.generation + 1
    setShown({ agent, generation })
    return generation
  }
  return shown.generation
}

/** The user's choice for each agent. */
const chosenAnnouncements = new WeakMap<object, Announcements>()

/** @param announcements The app's choice. */
function useAnnouncementChoice(
  { agent }: AgentSource,
  announcements: Announcements,
  onChange: VoiceAssistantRootProps['onAnnouncementsChange'],
): AnnouncementChoice {
  const latest = useRef(onChange)
  useBrowserLayoutEffect(() => {
    latest.current = onChange
  })
  return useMemo(
    () => ({
      get: () => (agent && chosenAnnouncements.get(agent)) ?? announcements,
      set(next) {
        if (agent) chosenAnnouncements.set(agent, next)
        latest.current?.(next)
      },
    }),
    [agent, announcements],
  )
}

const noSlots: VoiceAssistantSlots = {}

/**
 * The frame of an assistant that you compose from parts. It provides the agent to them, adds the styles and the screen reader
 * announcements, and exposes the state as `data-` attributes. You lay out its children.
 *
 * @example
 * <VoiceAssistantRoot config={{ apiEndpoint: '/api/voice-agent' }}>
 *   <VoiceAssistantStatus />
 *   <VoiceAssistantNotice />
 *   <VoiceAssistantTranscript />
 *   <VoiceAssistantControls />
 * </VoiceAssistantRoot>
 */
export function VoiceAssistantRoot({
  config,
  className,
  texts: textOverrides,
  title,
  theme = 'auto',
  announceTurns = 'auto',
  announcements = 'all',
  onAnnouncementsChange,
  idleTimeout = 0,
  callWarnings = false,
  showStatistics = true,
  showDiagnosis,
  keepAwake = false,
  endCallOnUnmount = false,
  slots = noSlots,
  children,
}: VoiceAssistantRootProps) {
  const { source, commands } = useAgentSource(config)
  useEndCallOnUnmount(source.agent, endCallOnUnmount)
  const primary = useRef<HTMLButtonElement | null>(null)
  const transcript = useRef<TranscriptHandle | null>(null)
  const section = useRef<HTMLElement | null>(null)
  const outlet = useRef<HTMLElement | null>(null)
  const generation = useGeneration(source)
  const frameOptions = useMemo(
    () => ({ idleTimeout, callWarnings, keepAwake }),
    [idleTimeout, callWarnings, keepAwake],
  )
  const watch = useFrame(section, source, frameOptions)
  const choice = useAnnouncementChoice(source, announcements, onAnnouncementsChange)

  const texts = useMemo(() => ({ ...assistantTexts, ...textOverrides }), [textOverrides])
  const name = title ?? texts.title
  // Depends on the members, because apps often pass a new `slots` object on each render.
  const { message, messageActions, empty, headerEnd } = slots
  const view = useMemo<AssistantView>(
    () => ({
      source,
      generation,
      commands,
      texts,
      title: name,
      // Only set by the app's own texts: the default ones don't mean that the page is in English.
      lang: textOverrides?.locale,
      theme,
      frameOptions,
      outlet,
      announcements: choice,
      hasStatistics: showStatistics,
      hasDiagnosis: showDiagnosis,
      primary,
      transcript,
      watch,
      slots: { message, messageActions, empty, headerEnd },
    }),
    [
      source,
      generation,
      commands,
      texts,
      name,
      textOverrides?.locale,
      theme,
      frameOptions,
      choice,
      showStatistics,
      showDiagnosis,
      watch,
      message,
      messageActions,
      empty,
      headerEnd,
    ],
  )

  return (
    <AssistantViewContext.Provider value={view}>
      <Frame frame={section} className={className}>
        <PanelProvider code={panelCode} generation={generation}>
          {children}
        </PanelProvider>
        <Announcer announceTurns={announceTurns} />
      </Frame>
    </AssistantViewContext.Provider>
  )
}
