import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { useAppSelector } from '../hooks.js'
import { voiceAgent } from '../voice-agent.js'
import { AgentMessage } from './AgentMessage.js'
import { DockButton } from './DockButton.js'

const { selectConnectionStatus, selectIsCallWanted, selectIsSessionRestored } = voiceAgent.selectors

const statusTexts = {
  idle: 'Tea, teapots and your cart',
  connecting: 'Connecting',
  connected: 'On the line',
  reconnecting: 'Reconnecting',
  disconnected: 'Call ended',
  failed: 'Not connected',
} as const

const narrow = matchMedia('(width < 64rem)')

function subscribeToWidth(listener: () => void): () => void {
  narrow.addEventListener('change', listener)
  return () => narrow.removeEventListener('change', listener)
}

/** While the sheet covers the page, neither the keyboard nor a screen reader reaches the page behind it. */
function useInertShop(isCovered: boolean): void {
  useEffect(() => {
    const shop = document.querySelector<HTMLElement>('.shop')
    if (!shop || !isCovered) return
    shop.inert = true
    return () => {
      shop.inert = false
    }
  }, [isCovered])
}

/**
 * The assistant at the side of a wide page. On a narrow page it is a bar at the bottom that opens over the whole page.
 * Closing only hides it, and the call continues, because it belongs to the store.
 */
export function AssistantDock() {
  const sheetId = useId()
  const status = useAppSelector(selectConnectionStatus)
  const hasConversation = useAppSelector(
    (state) => selectIsCallWanted(state) || selectIsSessionRestored(state),
  )
  const [isOpenByUser, setIsOpenByUser] = useState<boolean | null>(null)
  const [isWide, setIsWide] = useState(false)
  const isOpen = isOpenByUser ?? hasConversation
  const isCovering = useSyncExternalStore(subscribeToWidth, () => narrow.matches) && isOpen
  useInertShop(isCovering)
  const handle = useRef<HTMLButtonElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    // The assistant's own panels close first.
    if (event.key !== 'Escape' || event.defaultPrevented || !isCovering) return
    setIsOpenByUser(false)
    handle.current?.focus()
  }

  const slots = useMemo(
    () => ({
      message: AgentMessage,
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
    <aside
      className="dock"
      aria-label="Shop assistant"
      data-open={isOpen}
      data-wide={isWide}
      onKeyDown={onKeyDown}
    >
      <button
        ref={handle}
        type="button"
        className="dock-handle"
        aria-expanded={isOpen}
        aria-controls={sheetId}
        onClick={() => setIsOpenByUser(!isOpen)}
      >
        <span className="dock-title">Ask the shop</span>{' '}
        <span className="dock-state" data-call={status}>
          {statusTexts[status]}
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
