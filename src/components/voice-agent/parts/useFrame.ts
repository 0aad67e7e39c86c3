import { type RefObject, useEffect } from 'react'
import { isCallWanted, type VoiceAgentState } from '../../../../store/index.js'
import type { AgentSource } from '../hooks/agent-source.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { useAgentState } from '../hooks/useAgentState.js'
import { useRefusedFiles } from '../hooks/useRefusedFiles.js'
import { selectIsCallOn } from '../selectors.js'
import { type NoticeFeed, useCallWatch } from '../watch/useCallWatch.js'
import { panelCode } from './panel-code.js'
import { adoptSheet } from './Styles.js'
import type { FrameOptions } from './view-context.js'

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
