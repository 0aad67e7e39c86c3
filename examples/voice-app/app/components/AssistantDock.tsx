import { useId, useMemo, useState } from 'react'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { useAppSelector } from '../hooks.js'
import { voiceAgent } from '../voice-agent.js'
import { DockButton } from './DockButton.js'

const { selectConnectionStatus, selectIsCallWanted, selectIsSessionRestored } = voiceAgent.selectors

const words = {
  idle: 'Ask about the shop',
  connecting: 'Connecting',
  connected: 'On the line',
  reconnecting: 'Reconnecting',
  disconnected: 'Call ended',
  failed: 'Not connected',
} as const

/**
 * The assistant: at the side of a wide page, wider if wanted; on a narrow one a bar at its foot that opens over all of it
 * and becomes its title.
 * Closing it only hides it: the call belongs to the store and goes on.
 */
export function AssistantDock() {
  const sheetId = useId()
  const status = useAppSelector(selectConnectionStatus)
  const hasConversation = useAppSelector(
    (state) => selectIsCallWanted(state) || selectIsSessionRestored(state),
  )
  const [chosen, setChosen] = useState<boolean | null>(null)
  const [isWide, setIsWide] = useState(false)
  const isOpen = chosen ?? hasConversation

  const slots = useMemo(
    () => ({
      headerEnd: (
        <DockButton
          className="dock-widen"
          label={isWide ? 'Make narrower' : 'Make wider'}
          path={isWide ? 'M4 8h8M9 5l3 3-3 3' : 'M12 8H4M7 5 4 8l3 3'}
          onClick={() => setIsWide(!isWide)}
        />
      ),
    }),
    [isWide],
  )

  return (
    <aside className="dock" aria-label="Shop assistant" data-open={isOpen} data-wide={isWide}>
      <button
        type="button"
        className="dock-handle"
        aria-expanded={isOpen}
        aria-controls={sheetId}
        onClick={() => setChosen(!isOpen)}
      >
        <span className="dock-title">Shop assistant</span>{' '}
        <span className="dock-state" data-call={status}>
          {words[status]}
        </span>
        <svg className="dock-chevron" viewBox="0 0 16 16" aria-hidden="true">
          <path d="m3 10 5-5 5 5" />
        </svg>
      </button>
      <div className="dock-sheet" id={sheetId}>
        <WebRTCVoiceAssistant className="assistant" title="Ask the shop" slots={slots} />
      </div>
    </aside>
  )
}
