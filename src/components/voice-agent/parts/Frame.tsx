import { type ReactNode, type RefObject, useEffect } from 'react'
import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import { type AgentSource, useAgentState } from '../hooks/agent-source.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { selectConnection, selectIsCallOn, selectStorage } from '../selectors.js'
import { styles } from '../styles/index.js'
import { type NoticeFeed, useCallWatch } from '../watch/useCallWatch.js'
import { panelCode } from './panel-code.js'
import { adoptSheet, Styles } from './Styles.js'
import { selectRestoration } from './status-kind.js'
import { type FrameOptions, useAssistantView, useViewState } from './view-context.js'

/** Refuses files, unless the app handles them. A file input accepts them without a listener. */
function refuseFiles(event: DragEvent): void {
  const { dataTransfer, defaultPrevented } = event
  if (defaultPrevented || !dataTransfer?.types.includes('Files')) return
  if ((event.composedPath()[0] as Element).matches?.('input[type=file]')) return
  event.preventDefault()
  dataTransfer.dropEffect = 'none'
}

/** Keeps a dropped file from navigating away. Covers the whole page during a call, because navigating would end the call. */
function useRefusedFiles(element: RefObject<HTMLElement | null>, isCallOn: boolean): void {
  useEffect(() => {
    const target = isCallOn ? element.current?.ownerDocument.defaultView : element.current
    for (const type of ['dragover', 'drop'] as const)
      target?.addEventListener(type, refuseFiles as EventListener)
    return () => {
      for (const type of ['dragover', 'drop'] as const)
        target?.removeEventListener(type, refuseFiles as EventListener)
    }
  }, [element, isCallOn])
}

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
  useRefusedFiles(frame, isCallOn)
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
