import { memo, useEffect, useRef } from 'react'
import { toVoiceError, type VoiceAgentState } from '../../../../store/index.js'
import { useBeforeFocusIsLost } from '../hooks/useBeforeFocusIsLost.js'
import { Conversations } from './Conversations.js'
import { Empty, Skeleton } from './Empty.js'
import { Icon } from './Icon.js'
import { retryIcon, warningIcon } from './icons.js'
import { conversationParts, useLazyParts } from './lazy-parts.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

const tryAgain = conversationParts.preload

/** What shows the messages could not be loaded. The conversation itself is not touched by that. */
function NotLoaded({ onFocusLost }: { onFocusLost: () => void }) {
  const { texts } = useAssistantView()
  const element = useBeforeFocusIsLost<HTMLDivElement>(onFocusLost)
  const error = toVoiceError(null, 'chunk-load-failed')
  useEffect(() => {
    addEventListener('online', tryAgain)
    return () => removeEventListener('online', tryAgain)
  }, [])
  return (
    <div data-rva-part="empty" role="alert" ref={element}>
      <Icon of={warningIcon} />
      <p>{texts.error?.(error) ?? error.message}</p>
      <button type="button" data-rva-part="notice-action" onClick={tryAgain}>
        <Icon of={retryIcon} />
        {texts.tryAgain}
      </button>
    </div>
  )
}

const selectIsEmpty = ({ conversation }: VoiceAgentState) =>
  conversation.messages.count === 0 && conversation.interim === null

interface NotYetProps {
  hasFailed: boolean
  onFocusLost: () => void
}

/** In the place of the turns, until what shows them is loaded. */
function NotYet({ hasFailed, onFocusLost }: NotYetProps) {
  const { texts } = useAssistantView()
  const isEmpty = useViewState(selectIsEmpty)
  const viewport = useBeforeFocusIsLost<HTMLDivElement>(onFocusLost)
  const nothing = isEmpty ? <Empty /> : <Skeleton text={texts.loadingEarlier} />
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: as that which it stands for, which scrolls.
    <div data-rva-part="viewport" ref={viewport} tabIndex={0}>
      <div data-rva-part="log" role="log" aria-live="off" aria-label={texts.conversation}>
        {hasFailed ? <NotLoaded onFocusLost={() => viewport.current?.focus()} /> : nothing}
      </div>
    </div>
  )
}

/** The conversation. It stays with the newest turn while the reader does. */
export const Transcript = memo(function Transcript({ className }: PartProps) {
  const { parts, hasFailed } = useLazyParts(conversationParts)
  const takesFocus = useRef(false)
  return (
    <div data-rva-part="transcript" className={className}>
      {parts ? (
        <parts.Turns takesFocus={takesFocus} />
      ) : (
        <NotYet
          hasFailed={hasFailed}
          onFocusLost={() => {
            takesFocus.current = true
          }}
        />
      )}
      <Conversations />
    </div>
  )
})
