import { memo } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { useDelayed } from '../hooks/useDelayed.js'
import { type StatusKind, statusOf } from '../status.js'
import { Icon, type IconName } from './icons.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

const icons: Record<StatusKind, IconName | 'bars' | 'dots'> = {
  restoring: 'dots',
  idle: 'dot',
  connecting: 'dots',
  prompting: 'mic',
  listening: 'bars',
  hearing: 'bars',
  thinking: 'dots',
  speaking: 'bars',
  muted: 'mic-off',
  'typing-only': 'keyboard',
  reconnecting: 'retry',
  disconnected: 'dot',
  failed: 'warning',
}

const selectConnectionStatus = (state: VoiceAgentState) => state.connection.status
const slowAfterMs: Partial<Record<StatusKind, number>> = { connecting: 6000, thinking: 4000 }

/** What is going on, as an icon and a word. Not live itself: the announcer says what is worth hearing. */
export const Status = memo(function Status({ className }: PartProps) {
  const { texts } = useAssistantView()
  const kind = useViewState(statusOf)
  const connection = useViewState(selectConnectionStatus)
  const isSlow = useDelayed(kind, slowAfterMs[kind] ?? null)
  const slowText = kind === 'connecting' ? texts.stillConnecting : texts.stillThinking
  const icon = icons[kind]
  return (
    <div
      data-rva-part="status"
      className={className}
      role="status"
      aria-live="off"
      aria-label={texts.connection}
      data-state={connection}
      data-kind={kind}
    >
      {icon === 'bars' || icon === 'dots' ? (
        <span data-rva-part={icon} aria-hidden="true">
          <i />
          <i />
          <i />
          {icon === 'bars' && <i />}
        </span>
      ) : (
        <Icon name={icon} />
      )}
      <span data-rva-part="status-text">{isSlow ? slowText : texts.status[kind]}</span>
    </div>
  )
})
