import type { ReactNode, RefObject } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { selectConnection, selectStorage } from '../selectors.js'
import { styles } from '../styles/index.js'
import { Styles } from './Styles.js'
import { selectRestoration } from './status-kind.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectActivity = (state: VoiceAgentState) => state.conversation.status

interface FrameProps {
  frame: RefObject<HTMLElement | null>
  className?: string | undefined
  /** True in the assistant's own window. */
  isAlone?: boolean
  children: ReactNode
}

/** The element around the parts, with the styles, and with the state as `data-` attributes. */
export function Frame({ frame, className, isAlone, children }: FrameProps) {
  const { title, lang, theme } = useAssistantView()
  const { status, microphone, playback, talk } = useViewState(selectConnection)
  return (
    <section
      ref={frame}
      className={className}
      aria-label={title}
      // Gets the initial focus in its window.
      tabIndex={isAlone ? -1 : undefined}
      lang={lang}
      data-rva-part="root"
      data-window={isAlone || undefined}
      data-theme={theme}
      data-connection={status}
      data-activity={useViewState(selectActivity)}
      data-mic={microphone}
      data-talk={talk}
      data-playback={playback}
      data-storage={useViewState(selectStorage)}
      data-restoration={useViewState(selectRestoration)}
    >
      <Styles sheet={styles} />
      {children}
    </section>
  )
}
