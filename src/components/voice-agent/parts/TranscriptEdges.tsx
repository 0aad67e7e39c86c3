import { useRef, useState } from 'react'
import type { ConnectionStatus, VoiceAgentState } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { restorationOf } from '../status.js'
import type { VoiceAssistantTexts } from '../texts.js'
import { Icon } from './icons.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectStatus = ({ connection }: VoiceAgentState) => connection.status

/** Brings in what is stored from before. When there is no more and the button goes, its focus goes on to `onGone`. */
export function LoadEarlier({ onGone }: { onGone: () => void }) {
  const { texts, commands } = useAssistantView()
  const [isLoading, setIsLoading] = useState(false)
  const button = useRef<HTMLButtonElement | null>(null)
  const leave = useRef(onGone)
  leave.current = onGone
  useBrowserLayoutEffect(() => {
    const element = button.current
    return () => {
      if (element?.matches(':focus')) leave.current()
    }
  }, [])
  const load = async () => {
    if (isLoading) return
    setIsLoading(true)
    await commands.loadEarlierMessages()
    setIsLoading(false)
  }
  return (
    <button
      type="button"
      ref={button}
      data-rva-part="load-earlier"
      aria-disabled={isLoading || undefined}
      onClick={() => void load()}
    >
      <Icon name="up" />
      {isLoading ? texts.loadingEarlier : texts.loadEarlier}
    </button>
  )
}

const invitation: Record<ConnectionStatus, (texts: VoiceAssistantTexts) => string> = {
  idle: (texts) => texts.emptyIdle,
  disconnected: (texts) => texts.emptyIdle,
  connecting: (texts) => texts.emptyConnecting,
  reconnecting: (texts) => texts.emptyConnecting,
  connected: (texts) => texts.emptyConnected,
  // The notice says what is wrong, and the button what to do about it.
  failed: (texts) => texts.emptyFailed,
}

/** Instead of messages: what to do, or that they are on their way. */
export function Empty() {
  const { texts, slots } = useAssistantView()
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
  if (slots.empty !== undefined) return <div data-rva-part="empty">{slots.empty}</div>
  return (
    <div data-rva-part="empty">
      <Icon name="mic" />
      <p>{invitation[status](texts)}</p>
    </div>
  )
}
