import { useMemo } from 'react'
import {
  connectionQualityOf,
  type NetworkSample,
  sessionStatsOf,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { type Figure, formatDuration } from '../format/numbers.js'
import { useTick } from '../hooks/time.js'
import { closeOnEscape, type Panel } from '../parts/panel-context.js'
import { type PartProps, useViewState } from '../parts/view-context.js'
import { selectMessageCount } from '../selectors.js'
import { Diagnosis } from './Diagnosis.js'
import { PanelStyles } from './PanelStyles.js'
import { Plot } from './Plot.js'
import { usePanelView } from './view.js'

const selectNetwork = (state: VoiceAgentState) => state.stats.network
const selectIsConnected = (state: VoiceAgentState) => state.connection.status === 'connected'
const selectProtocolErrors = (state: VoiceAgentState) => state.connection.protocolErrors
const selectStats = (state: VoiceAgentState) => state.stats

const toPlotPoints = (samples: readonly NetworkSample[], read: (sample: NetworkSample) => number | null) =>
  samples.map((sample) => ({ at: sample.at, value: read(sample) }))

function Figures() {
  const { texts, source } = usePanelView()
  const isConnected = useViewState(selectIsConnected)
  useViewState(selectMessageCount)
  const protocolErrors = useViewState(selectProtocolErrors)
  const { network } = useViewState(selectStats)
  useTick(isConnected)
  const { duration, messageCount, reconnectAttempts } = sessionStatsOf(source.getState(), Date.now())
  const jitter = network.at(-1)?.jitterMs ?? null
  const figures: [Figure, string][] = [
    ['duration', formatDuration(duration)],
    ['messages', String(messageCount)],
    ['reconnects', String(reconnectAttempts)],
    ['jitter', jitter === null ? texts.unmeasured : texts.milliseconds(jitter)],
  ]
  // Shown only if the agent has sent messages that could not be parsed.
  if (protocolErrors > 0) figures.push(['protocolErrors', String(protocolErrors)])
  return (
    <dl data-rva-part="figures">
      {figures.map(([figure, value]) => (
        <div key={figure} data-figure={figure}>
          <dt>{texts.figures[figure]}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Plots() {
  const { texts } = usePanelView()
  const network = useViewState(selectNetwork)
  const lines = useMemo(
    () => ({
      roundTrip: [toPlotPoints(network, (sample) => sample.roundTripMs)],
      loss: [
        toPlotPoints(network, (sample) => sample.lossReceived),
        toPlotPoints(network, (sample) => sample.lossSent),
      ],
      bitrate: [
        toPlotPoints(network, (sample) => sample.bitrateReceived),
        toPlotPoints(network, (sample) => sample.bitrateSent),
      ],
    }),
    [network],
  )
  const { figures } = texts
  const names = [figures.received, figures.sent]
  if (network.length === 0) return <p data-rva-part="nothing-measured">{texts.nothingMeasured}</p>
  return (
    <div data-rva-part="plots">
      <Plot label={figures.roundTrip} lines={lines.roundTrip} format={texts.milliseconds} atLeast={100} />
      <Plot label={figures.loss} lines={lines.loss} names={names} format={texts.percent} atLeast={0.05} />
      <Plot
        label={figures.bitrate}
        lines={lines.bitrate}
        names={names}
        format={texts.bitrate}
        atLeast={50_000}
      />
    </div>
  )
}

/** Call and network figures. Not a live region, because it changes every second. */
export function StatisticsPanel({ panel, className }: PartProps & { panel: Panel }) {
  const { texts } = usePanelView()
  const quality = useViewState(connectionQualityOf)
  return (
    <section
      data-rva-part="statistics"
      className={className}
      id={panel.id}
      aria-label={texts.statistics}
      // Focusable, because the panel scrolls when space is tight.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
      tabIndex={0}
      onKeyDown={(event) => closeOnEscape(event, panel)}
    >
      <PanelStyles />
      {quality && (
        <p data-rva-part="quality-text" data-quality={quality}>
          {texts.quality[quality]}
        </p>
      )}
      <Figures />
      <Plots />
      <Diagnosis />
    </section>
  )
}
