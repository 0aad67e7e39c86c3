import { useState } from 'react'
import type { ConnectionStatus, VoiceAgentState } from '../../../../store/index.js'
import { restorationOf } from '../status.js'
import type { VoiceAssistantTexts } from '../texts.js'
import { Icon } from './icons.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectStatus = ({ connection }: VoiceAgentState) => connection.status

/** Brings in what is stored from before. */
export function LoadEarlier({ onLoaded }: { onLoaded: () => void }) {
  const { texts, commands } = useAssistantView()
  const [isLoading, setIsLoading] = useState(false)
  const load = async () => {
    if (isLoading) return
    setIsLoading(true)
    await commands.loadEarlierMessages()
    setIsLoading(false)
    onLoaded()
  }
  return (
    <button
      type="button"
      data-rva-part="load-earlier"
      aria-disabled={isLoading || undefined}
      onClick={() => void load()}
    >
      <Icon name="up" />
      {isLoading ? texts.loadingEarlier : texts.loadEarlier}
    </button>
  )
}

const invitation: Record<Exclude<ConnectionStatus, 'failed'>, (texts: VoiceAssistantTexts) => string> = {
  idle: (texts) => texts.emptyIdle,
  disconnected: (texts) => texts.emptyIdle,
  connecting: (texts) => texts.emptyConnecting,
  reconnecting: (texts) => texts.emptyConnecting,
  connected: (texts) => texts.emptyConnected,
}

/** Instead of messages: what to do, or that they are on their way. */
export function Empty() {
  const { texts } = useAssistantView()
  const restoration = useViewState(restorationOf)
  const status = useViewState(selectStatus)
  if (restoration === 'restoring') {
    return (
      <div data-rva-part="skeleton">
        <p>{texts.restoring}</p>
        <span aria-hidden="true" />
        <span aria-hidden="true" />
        <span aria-hidden="true" />
      </div>
    )
  }
  // The notice says what is wrong, and the button what to do about it.
  if (status === 'failed') return null
  return (
    <div data-rva-part="empty">
      <Icon name="mic" />
      <p>{invitation[status](texts)}</p>
    </div>
  )
}
