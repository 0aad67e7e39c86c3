import { connectionQualityOf, type VoiceAgentState } from '../../../../store/index.js'
import { formatDuration } from '../format/numbers.js'
import { useTick } from '../hooks/useTick.js'
import { usePanels } from './panel-context.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectIsPoor = (state: VoiceAgentState) => connectionQualityOf(state) === 'poor'
const selectRunningSince = ({ connection, stats }: VoiceAgentState) =>
  connection.status === 'connected' && stats.endedAt === null ? stats.startedAt : null

/** How long the session's calls have run. The one thing here that renders every second. */
function CallDuration() {
  const startedAt = useViewState(selectRunningSince)
  useTick(startedAt !== null)
  if (startedAt === null) return null
  return (
    <span data-rva-part="duration" role="timer" aria-live="off">
      {formatDuration(Date.now() - startedAt)}
    </span>
  )
}

/** In words only when it is worth knowing: the bars beside it say the rest. */
function WeakConnection() {
  const { texts } = useAssistantView()
  const isPoor = useViewState(selectIsPoor)
  const { statistics } = usePanels()
  // The open panel says so itself.
  if (!isPoor || statistics.isOpen) return null
  return (
    <span data-rva-part="quality-text" data-quality="poor">
      {texts.quality.poor}
    </span>
  )
}

/** What the status line says of a call besides its state. */
export function CallDetails() {
  return (
    <>
      <CallDuration />
      <WeakConnection />
    </>
  )
}
