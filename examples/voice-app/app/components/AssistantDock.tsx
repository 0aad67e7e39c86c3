import { useId, useState } from 'react'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { useAppSelector } from '../hooks.js'
import { voiceAgent } from '../voice-agent.js'

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
 * The assistant at the side of a wide page, or a sheet at the foot of a narrow one. Closing the sheet only hides it:
 * the call belongs to the store and goes on.
 */
export function AssistantDock() {
  const sheetId = useId()
  const status = useAppSelector(selectConnectionStatus)
  const hasConversation = useAppSelector(
    (state) => selectIsCallWanted(state) || selectIsSessionRestored(state),
  )
  const [chosen, setChosen] = useState<boolean | null>(null)
  const isOpen = chosen ?? hasConversation

  return (
    <aside className="dock" aria-label="Shop assistant" data-open={isOpen}>
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
        <WebRTCVoiceAssistant className="assistant" title="Ask the shop" />
      </div>
    </aside>
  )
}
