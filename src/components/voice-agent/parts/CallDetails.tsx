import { connectionQualityOf, type VoiceAgentState } from '../../../../store/index.js'
import { formatDuration } from '../format/numbers.js'
import { useTick } from '../hooks/useTick.js'
import { usePanels } from './panel-context.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectHasPoorQuality = (state: VoiceAgentState) => connectionQualityOf(state) === 'poor'
const selectRunningSince = ({ connection, stats }: VoiceAgentState) =>
  connection.status === 'connected' && stats.endedAt === null ? stats.startedAt : null

/** The duration of the session's calls. A separate component, because it renders every second. */
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

/** A warning in words. Better qualities are shown only by the bars of the statistics button. */
function WeakConnection() {
  const { texts } = useAssistantView()
  const isPoor = useViewState(selectHasPoorQuality)
  const { statistics } = usePanels()
  // The open statistics panel shows the quality itself.
  if (!isPoor || statistics.isOpen) return null
  return (
    <span data-rva-part="quality-text" data-quality="poor">
      {texts.quality.poor}
    </span>
  )
}

/** Details of the call beside its status. */
export function CallDetails() {
  return (
    <>
      <CallDuration />
      <WeakConnection />
    </>
  )
}
