import type { ConnectionStatus } from '../../../../store/index.js'
import { Icon } from '../parts/Icon.js'
import { micIcon } from '../parts/icons.js'
import { restorationOf } from '../parts/status-of.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectConnectionStatus } from '../selectors.js'
import type { AssistantTexts } from '../texts/types.js'

const invitation: Record<ConnectionStatus, (texts: AssistantTexts) => string> = {
  idle: (texts) => texts.emptyIdle,
  disconnected: (texts) => texts.emptyIdle,
  connecting: (texts) => texts.emptyConnecting,
  reconnecting: (texts) => texts.emptyConnecting,
  connected: (texts) => texts.emptyConnected,
  // The notice says what is wrong, and the button what to do about it.
  failed: (texts) => texts.emptyFailed,
}

/** Messages that are on their way. */
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

/** Instead of messages: what to do, or that they are on their way. */
export function Empty() {
  const { texts, slots } = useAssistantView()
  const restoration = useViewState(restorationOf)
  const status = useViewState(selectConnectionStatus)
  if (restoration === 'restoring') return <Skeleton text={texts.restoring} />
  if (slots.empty !== undefined) return <div data-rva-part="empty">{slots.empty}</div>
  return (
    <div data-rva-part="empty">
      <Icon of={micIcon} />
      <p>{invitation[status](texts)}</p>
    </div>
  )
}
