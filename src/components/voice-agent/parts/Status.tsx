import { useDelayed } from '../hooks/time.js'
import { type StatusKind, selectConnectionStatus, selectStatusKind } from '../selectors.js'
import { definePart } from './Isolated.js'
import {
  type Drawing,
  dotIcon,
  Icon,
  keyboardIcon,
  micIcon,
  micOffIcon,
  retryIcon,
  toolIcon,
  warningIcon,
} from './icons.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

const icons: Record<StatusKind, Drawing | 'bars' | 'dots'> = {
  restoring: 'dots',
  idle: dotIcon,
  connecting: 'dots',
  prompting: micIcon,
  listening: 'bars',
  hearing: 'bars',
  thinking: 'dots',
  'awaiting-approval': toolIcon,
  speaking: 'bars',
  muted: micOffIcon,
  'push-to-talk': micIcon,
  'typing-only': keyboardIcon,
  reconnecting: retryIcon,
  disconnected: dotIcon,
  failed: warningIcon,
}

const slowAfterMs: Partial<Record<StatusKind, number>> = { connecting: 6000, thinking: 4000 }

/** The status as an icon and a word. Not a live region, because the announcer announces the changes that matter. */
export const Status = definePart(function Status({ className }: PartProps) {
  const { texts } = useAssistantView()
  const kind = useViewState(selectStatusKind)
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
        <Icon drawing={icon} />
      )}
      <span data-rva-part="status-text">{isSlow ? slowText : texts.status[kind]}</span>
    </div>
  )
})
