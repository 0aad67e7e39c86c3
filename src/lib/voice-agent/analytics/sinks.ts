import { VoiceAgentError } from '../../../../store/index.js'
import type { AnalyticsSink, SentReport } from './delivery.js'

/**
 * Names, units and descriptions of the OpenTelemetry metrics, in one place because dashboards depend on them. Durations are in seconds, as
 * OpenTelemetry recommends.
 */
export const metricNames = {
  heardLatency: [
    'voice_agent.turn.heard_latency',
    's',
    "From the user's last voiced frame to the agent's first audible frame",
  ],
  firstSound: [
    'voice_agent.turn.first_sound',
    's',
    "From the end of the user's turn to the agent's first sound, by the server's reports",
  ],
  silence: ['voice_agent.turn.silence', 's', 'From an interruption to the silence of the agent'],
  turns: ['voice_agent.turns', '{turn}', 'Turns by input and outcome'],
  tools: ['voice_agent.tool.calls', '{call}', 'Tool calls by success'],
  toolTime: ['voice_agent.turn.tool_time', 's', 'Time of the tool calls of a turn'],
  connections: ['voice_agent.connections', '{connection}', 'Connections by cause, end and error'],
  established: [
    'voice_agent.connection.established',
    's',
    'From the request to an agent that is ready to talk',
  ],
  mos: ['voice_agent.connection.mos', '1', "Estimated mean opinion score, by ITU-T's E-model"],
  loss: ['voice_agent.connection.loss', '1', 'Share of lost packets by direction'],
  roundTrip: ['voice_agent.connection.round_trip', 's', 'Mean round trip of a connection'],
  restores: ['voice_agent.restores', '{restore}', 'Restores by outcome'],
  restoreTime: ['voice_agent.restore.duration', 's', 'From the request of a restore to its outcome'],
  sessions: ['voice_agent.sessions', '{visit}', 'Visits of sessions by start and end'],
  dropped: ['voice_agent.reports.dropped', '{report}', 'Reports that were not delivered'],
} as const satisfies Record<string, readonly [name: string, unit: string, description: string]>

/**
 * Creates a sink that posts each batch as JSON. It uses `navigator.sendBeacon`, which also works while the page closes, or `fetch` with `keepalive` if the
 * browser has no beacons or refuses one. With CORS, another origin must allow `content-type` and credentials, because beacons send cookies.
 *
 * @param url URL of your server. It must contain no secrets or user ids, because it is part of every request.
 * @throws VoiceAgentError `invalid-option` if `url` is empty or not a string
 * @example voiceAnalytics({ sinks: [beaconSink('/api/voice-reports')] })
 */
export function beaconSink(url: string): AnalyticsSink {
  if (typeof url !== 'string' || url === '')
    throw new VoiceAgentError('invalid-option', 'beaconSink(url): url must be an address.')
  return async (batch, { signal }) => {
    const body = new Blob([JSON.stringify(batch)], { type: 'application/json' })
    if (globalThis.navigator?.sendBeacon?.(url, body)) return
    const { ok, status } = await fetch(url, { method: 'POST', body, keepalive: true, signal })
    if (!ok)
      throw new VoiceAgentError(
        'internal',
        `beaconSink(url): the address must answer 2xx; it answered ${status}.`,
      )
  }
}

/** The part of `Meter` from `@opentelemetry/api` that {@link openTelemetrySink} uses, so that the package does not depend on it. */
export interface MetricMeter {
  createHistogram(
    name: string,
    options?: { unit?: string; description?: string },
  ): { record(value: number, attributes?: Record<string, string | number | boolean>): void }
  createCounter(
    name: string,
    options?: { unit?: string; description?: string },
  ): { add(value: number, attributes?: Record<string, string | number | boolean>): void }
}

type MetricName = keyof typeof metricNames
type Attributes = Record<string, string | number | boolean>

/**
 * Creates a sink that records reports as OpenTelemetry metrics. Omits the session's hash, because each value would create a series. Install
 * `@opentelemetry/api` and an SDK in your app.
 *
 * @param meter Your app's meter.
 * @example
 * import { metrics } from '@opentelemetry/api'
 *
 * voiceAnalytics({ sinks: [openTelemetrySink(metrics.getMeter('voice-agent'))] })
 */
export function openTelemetrySink(meter: MetricMeter): AnalyticsSink {
  const histograms = new Map<MetricName, ReturnType<MetricMeter['createHistogram']>>()
  const counters = new Map<MetricName, ReturnType<MetricMeter['createCounter']>>()

  function record(metric: MetricName, value: number | null, attributes: Attributes = {}) {
    if (value === null) return
    const [name, unit, description] = metricNames[metric]
    const histogram = histograms.get(metric) ?? meter.createHistogram(name, { unit, description })
    histograms.set(metric, histogram)
    histogram.record(value, attributes)
  }

  function count(metric: MetricName, value: number, attributes: Attributes = {}) {
    if (value === 0) return
    const [name, unit, description] = metricNames[metric]
    const counter = counters.get(metric) ?? meter.createCounter(name, { unit, description })
    counters.set(metric, counter)
    counter.add(value, attributes)
  }

  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000)

  function onReport(report: SentReport): void {
    if (report.kind === 'turn') {
      const { input, outcome, tools, toolsFailed } = report
      count('turns', 1, { input, outcome })
      record('heardLatency', seconds(report.heardMs), { input })
      record('firstSound', seconds(report.firstSoundMs), { input })
      record('silence', seconds(report.heardSilenceMs ?? report.silenceMs))
      count('tools', tools - toolsFailed, { failed: false })
      count('tools', toolsFailed, { failed: true })
      if (tools > 0) record('toolTime', seconds(report.toolMs))
    } else if (report.kind === 'connection') {
      const { cause, end, error, steps, network } = report
      count('connections', 1, { cause, end, error: error ?? 'none' })
      record('established', seconds(steps.establishedMs), { cause })
      record('mos', network.mos)
      record('loss', network.lossReceived, { direction: 'received' })
      record('loss', network.lossSent, { direction: 'sent' })
      record('roundTrip', seconds(network.roundTripMs))
    } else if (report.kind === 'restore') {
      const { conversation, agent, reason } = report
      count('restores', 1, { conversation, agent, reason: reason ?? 'none' })
      record('restoreTime', seconds(report.durationMs), { conversation })
    } else count('sessions', 1, { start: report.start, end: report.end })
  }

  return ({ reports, dropped }) => {
    for (const report of reports) onReport(report)
    count('dropped', dropped)
  }
}
