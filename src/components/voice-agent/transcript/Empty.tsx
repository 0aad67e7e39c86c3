import type { ConnectionStatus } from '../../../../store/index.js'
import { Icon } from '../parts/Icon.js'
import { Isolated } from '../parts/Isolated.js'
import { micIcon } from '../parts/icons.js'
import { selectRestoration } from '../parts/status-kind.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectConnectionStatus } from '../selectors.js'

const textKeys = {
  idle: 'emptyIdle',
  disconnected: 'emptyIdle',
  connecting: 'emptyConnecting',
  reconnecting: 'emptyConnecting',
  connected: 'emptyConnected',
  // The notice explains the error, and the button offers the next step.
  failed: 'emptyFailed',
} as const satisfies Record<ConnectionStatus, string>

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
  if (slots.empty !== undefined)
    return (
      <div data-rva-part="empty">
        <Isolated>{slots.empty}</Isolated>
      </div>
    )
  return (
    <div data-rva-part="empty">
      <Icon drawing={micIcon} />
      <p>{texts[textKeys[status]]}</p>
    </div>
  )
}
