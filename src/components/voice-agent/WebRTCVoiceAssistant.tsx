import { useId, useMemo, useRef, useState } from 'react'
import type { VoiceAgentState } from '../../../store/index.js'
import type { AnnounceTurns } from './announcements.js'
import { defaultTexts } from './english.js'
import { useAgentSource, type VoiceAssistantConfig } from './hooks/useAgentSource.js'
import { useAgentState } from './hooks/useAgentState.js'
import { Announcer } from './parts/Announcer.js'
import { Composer } from './parts/Composer.js'
import { Controls } from './parts/Controls.js'
import { Header } from './parts/Header.js'
import { Notice } from './parts/Notice.js'
import { Statistics } from './parts/Statistics.js'
import { Styles } from './parts/Styles.js'
import { Transcript } from './parts/Transcript.js'
import { type AssistantView, AssistantViewContext } from './parts/view-context.js'
import { restorationOf } from './status.js'
import type { VoiceAssistantTexts } from './texts.js'

export interface WebRTCVoiceAssistantProps {
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
}

const selectConnection = (state: VoiceAgentState) => state.connection
const selectActivity = (state: VoiceAgentState) => state.conversation.status
const selectStorage = (state: VoiceAgentState) => state.session.storage

/**
 * The voice assistant, ready to ship: transcript, composer, call controls, and every trouble with its next step.
 * It brings its styles along; `--rva-*` properties and `[data-rva-part]` change them.
 * Leaving a page that shows it ends the call only when the agent is the component's own.
 *
 * @example
 * <WebRTCVoiceAssistant config={{ apiEndpoint: '/api/voice-agent' }} title="Ask the shop" />
 */
export function WebRTCVoiceAssistant({
  config,
  className,
  texts: ownTexts,
  title,
  theme = 'auto',
  announceTurns = 'auto',
}: WebRTCVoiceAssistantProps) {
  const { source, commands } = useAgentSource(config)
  const primary = useRef<HTMLButtonElement | null>(null)
  const { status, microphone, playback } = useAgentState(source, selectConnection)
  const activity = useAgentState(source, selectActivity)
  const storage = useAgentState(source, selectStorage)
  const restoration = useAgentState(source, restorationOf)

  const texts = useMemo(() => ({ ...defaultTexts, ...ownTexts }), [ownTexts])
  const name = title ?? texts.title
  const view = useMemo<AssistantView>(
    () => ({ source, commands, texts, title: name, primary }),
    [source, commands, texts, name],
  )

  const [isStatisticsOpen, setIsStatisticsOpen] = useState(false)
  const panelId = useId()
  const statistics = useMemo(
    () => ({ isOpen: isStatisticsOpen, panelId, onClick: () => setIsStatisticsOpen((isOpen) => !isOpen) }),
    [isStatisticsOpen, panelId],
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
        <Styles />
        <Header statistics={statistics} />
        {isStatisticsOpen && <Statistics id={panelId} />}
        <Notice />
        <Transcript />
        <div data-rva-part="dock">
          <Composer />
          <Controls />
        </div>
        <Announcer announceTurns={announceTurns} />
      </section>
    </AssistantViewContext.Provider>
  )
}
