import { type ReactNode, type RefObject, useEffect } from 'react'
import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import { type AgentSource, useAgentState, useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { selectConnection, selectIsCallOn, selectRestoration, selectStorage } from '../selectors.js'
import { styles } from '../styles/index.js'
import { type NoticeFeed, useCallWatch } from '../watch/useCallWatch.js'
import { panelCode } from './panel-code.js'
import { adoptSheet, Styles } from './Styles.js'
import { type FrameOptions, useAssistantView, useViewState } from './view-context.js'

/** The tab with the microphone watches the call. */
const selectIsCallHere = ({ connection, session }: VoiceAgentState) =>
  isCallWanted(connection.status) && !session.mirror

/**
 * Runs in each frame of an assistant: in the page, and in its own window. Guards focus, refuses dropped files, keeps the screen
 * on, and watches the call. Returns the watch's notices.
 */
export function useFrame(
  frame: RefObject<HTMLElement | null>,
  source: AgentSource,
  { idleTimeout, callWarnings, keepAwake }: FrameOptions,
): NoticeFeed {
  const isCallOn = useAgentState(source, selectIsCallOn)
  // Loaded with the panels. A layout effect, because the focus may move before an ordinary effect runs.
  useBrowserLayoutEffect(
    () =>
      panelCode.whenLoaded(({ printStyles, guardFocus }) => {
        if (!frame.current) return () => {}
        adoptSheet(frame.current, printStyles)
        return guardFocus(frame.current)
      }),
    [frame],
  )
  // During a call, on the whole page, because navigating away would end the call.
  useEffect(
    () =>
      panelCode.whenLoaded(({ refuseFiles }) => {
        const target = isCallOn ? frame.current?.ownerDocument.defaultView : frame.current
        return target ? refuseFiles(target) : () => {}
      }),
    [frame, isCallOn],
  )
  const isAwake = keepAwake && isCallOn
  useEffect(() => {
    if (!isAwake) return
    return panelCode.whenLoaded((panels) => panels.keepAwake(frame.current?.ownerDocument ?? document))
  }, [frame, isAwake])
  const isCallHere = useAgentState(source, selectIsCallHere)
  return useCallWatch(frame, source, isCallHere, { idleTimeout, hasWarnings: callWarnings })
}

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
