import { type ReactNode, useMemo, useRef } from 'react'
import type { VoiceAgentState } from '../../../store/index.js'
import { useAgentSource, type VoiceAssistantConfig } from './hooks/useAgentSource.js'
import { useAgentState } from './hooks/useAgentState.js'
import { useEndCallOnUnmount } from './hooks/useEndCallOnUnmount.js'
import type { AnnounceTurns } from './notices/announcements.js'
import { Announcer } from './parts/Announcer.js'
import { panelCode } from './parts/panel-code.js'
import { PanelProvider } from './parts/panel-context.js'
import { Styles } from './parts/Styles.js'
import { restorationOf } from './parts/status-of.js'
import { type AssistantView, AssistantViewContext, type VoiceAssistantSlots } from './parts/view-context.js'
import { selectConnection, selectStorage } from './selectors.js'
import { styles } from './styles/index.js'
import { assistantTexts } from './texts/en-assistant.js'
import type { VoiceAssistantTexts } from './texts/types.js'

export interface VoiceAssistantRootProps {
  /** Options for an agent of its own, or `{ agent }`. Not needed inside a `<VoiceAgentProvider>`. */
  config?: VoiceAssistantConfig
  className?: string
  /** Strings to replace, for example by those of the user's language. */
  texts?: Partial<VoiceAssistantTexts>
  /** Heading and accessible name. @default texts.title */
  title?: string
  /** `auto` follows the page's `color-scheme`. @default 'auto' */
  theme?: 'light' | 'dark' | 'auto'
  /** Whether screen readers are read the agent's finished turns. @default 'auto', only while its voice can't be heard */
  announceTurns?: AnnounceTurns
  /** Whether the call ends when this is unmounted, as by a change of the route. One of an agent of its own always does. @default false */
  endCallOnUnmount?: boolean
  /** What of the app's own stands in the place of ours. */
  slots?: VoiceAssistantSlots
  /** The parts, in whatever order and with whatever between them. */
  children?: ReactNode
}

const selectActivity = (state: VoiceAgentState) => state.conversation.status
const noSlots: VoiceAssistantSlots = {}

/**
 * The frame of an assistant that is put together anew: it says to its parts which agent is theirs, brings the styles and the
 * announcements for screen readers, and carries the state as `data-` attributes. Lay its children out as you like.
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
  texts: ownTexts,
  title,
  theme = 'auto',
  announceTurns = 'auto',
  endCallOnUnmount = false,
  slots = noSlots,
  children,
}: VoiceAssistantRootProps) {
  const { source, commands } = useAgentSource(config)
  useEndCallOnUnmount(endCallOnUnmount ? source.agent : null)
  const primary = useRef<HTMLButtonElement | null>(null)
  const { status, microphone, playback } = useAgentState(source, selectConnection)
  const activity = useAgentState(source, selectActivity)
  const storage = useAgentState(source, selectStorage)
  const restoration = useAgentState(source, restorationOf)

  const texts = useMemo(() => ({ ...assistantTexts, ...ownTexts }), [ownTexts])
  const name = title ?? texts.title
  // An object made anew at each render is common: only what is in it makes everything render.
  const { message, empty, headerEnd } = slots
  const view = useMemo<AssistantView>(
    () => ({ source, commands, texts, title: name, primary, slots: { message, empty, headerEnd } }),
    [source, commands, texts, name, message, empty, headerEnd],
  )

  return (
    <AssistantViewContext.Provider value={view}>
      <section
        className={className}
        aria-label={name}
        data-rva-part="root"
        data-theme={theme}
        data-connection={status}
        data-activity={activity}
        data-mic={microphone}
        data-playback={playback}
        data-storage={storage}
        data-restoration={restoration}
      >
        <Styles sheet={styles} />
        <PanelProvider code={panelCode}>{children}</PanelProvider>
        <Announcer announceTurns={announceTurns} />
      </section>
    </AssistantViewContext.Provider>
  )
}
