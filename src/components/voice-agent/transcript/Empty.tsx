import type { ConnectionStatus } from '../../../../store/index.js'
import { Icon } from '../parts/Icon.js'
import { micIcon } from '../parts/icons.js'
import { selectRestoration } from '../parts/status-kind.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectConnectionStatus } from '../selectors.js'
import type { AssistantTexts } from '../texts/types.js'

const invitation: Record<ConnectionStatus, (texts: AssistantTexts) => string> = {
  idle: (texts) => texts.emptyIdle,
  disconnected: (texts) => texts.emptyIdle,
  connecting: (texts) => texts.emptyConnecting,
  reconnecting: (texts) => texts.emptyConnecting,
  connected: (texts) => texts.emptyConnected,
  // The notice explains the error, and the button offers the next step.
  failed: (texts) => texts.emptyFailed,
}

/** A placeholder while messages are restored. */
function Skeleton({ text }: { text: string }) {
  return (
    <div data-rva-part="skeleton">
      <p>{text}</p>
      <span aria-hidden="true" />
      <span aria-hidden="true" />
      <span aria-hidden="true" />
    </div>
  )
}

/** Shown instead of messages: what to do, or that the conversation is being restored. */
export function Empty() {
  const { texts, slots } = useAssistantView()
  const restoration = useViewState(selectRestoration)
  const status = useViewState(selectConnectionStatus)
  if (restoration === 'restoring') return <Skeleton text={texts.restoring} />
  if (slots.empty !== undefined) return <div data-rva-part="empty">{slots.empty}</div>
  return (
    <div data-rva-part="empty">
      <Icon drawing={micIcon} />
      <p>{invitation[status](texts)}</p>
    </div>
  )
}
