import { type ReactNode, useMemo } from 'react'
import { initialState, type Message, toMessageLog } from '../../../../store/index.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { VoiceAssistantCommands } from '../hooks/commands.js'
import { copyTurns } from '../panels/copy-turns.js'
import { Styles } from '../parts/Styles.js'
import { type AssistantView, AssistantViewContext } from '../parts/view-context.js'
import { shareStyles } from '../styles/share.js'
import { assistantTexts } from '../texts/en-assistant.js'
import type { AssistantTexts, VoiceAssistantTexts } from '../texts/types.js'
import { MessageList } from '../transcript/MessageList.js'

/** Creates a source of fixed messages that belong to no agent. */
function createStaticSource(messages: readonly Message[]): AgentSource {
  const state = {
    ...initialState,
    conversation: { ...initialState.conversation, messages: toMessageLog(messages) },
  }
  return { agent: null, getState: () => state, subscribe: () => () => {} }
}

const nothing = () => {}
/** The transcript calls commands only for messages of a live conversation. */
const noCommands = {} as VoiceAssistantCommands

/** Creates the view of an assistant without an agent, just for the transcript. */
function createReadOnlyView(messages: readonly Message[], texts: AssistantTexts): AssistantView {
  return {
    source: createStaticSource(messages),
    generation: 0,
    commands: noCommands,
    texts,
    slots: { empty: null },
    title: texts.conversation,
    lang: texts.locale,
    theme: 'auto',
    frameOptions: { idleTimeout: 0, callWarnings: false, keepAwake: false },
    outlet: { current: null },
    hasStatistics: false,
    primary: { current: null },
    announcements: { get: () => 'none', set: nothing },
    watch: { get: () => [], set: nothing, subscribe: () => nothing },
    transcript: { current: null },
  }
}

/** The assistant's transcript, for messages without an agent. */
export function ReadOnlyTranscript({
  messages,
  texts,
}: {
  messages: readonly Message[]
  texts: Partial<VoiceAssistantTexts> | undefined
}) {
  const view = useMemo(() => createReadOnlyView(messages, { ...assistantTexts, ...texts }), [messages, texts])
  return (
    <AssistantViewContext.Provider value={view}>
      <div data-rva-part="transcript">
        <MessageList onCopy={copyTurns} />
      </div>
    </AssistantViewContext.Provider>
  )
}

interface SharedFrameProps {
  label: string
  lang?: string | undefined
  theme: 'light' | 'dark' | 'auto'
  className?: string | undefined
  children: ReactNode
}

/** The element around a share, with the styles. */
export function SharedFrame({ label, lang, theme, className, children }: SharedFrameProps) {
  return (
    <section data-rva-part="shared" data-theme={theme} aria-label={label} lang={lang} className={className}>
      <Styles sheet={shareStyles} isStandalone />
      {children}
    </section>
  )
}

/** Props of {@link SharedMessages}. */
export interface SharedMessagesProps {
  /** Messages of a preview, or of a share. */
  messages: readonly Message[]
  /** Texts of the transcript that replace the English ones. */
  texts?: Partial<VoiceAssistantTexts> | undefined
  /** `auto` follows the page's `color-scheme`. @default 'auto' */
  theme?: 'light' | 'dark' | 'auto'
  className?: string
}

/**
 * Shows messages in the assistant's transcript, read-only. Use it to preview a share.
 *
 * @example
 * <SharedMessages messages={preview.messages} />
 */
export function SharedMessages({ messages, texts, theme = 'auto', className }: SharedMessagesProps) {
  return (
    <SharedFrame
      label={texts?.conversation ?? assistantTexts.conversation}
      lang={texts?.locale}
      theme={theme}
      className={className}
    >
      <ReadOnlyTranscript messages={messages} texts={texts} />
    </SharedFrame>
  )
}
