/**
 * Reports how calls went, without their content: latencies, outcomes, the network. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export {
  type AnalyticsBatch,
  type AnalyticsFold,
  type AnalyticsOptions,
  type AnalyticsPort,
  type AnalyticsReport,
  type AnalyticsSink,
  type AnalyticsState,
  beaconSink,
  type ConnectionCause,
  type ConnectionEnd,
  type ConnectionReport,
  type ConnectionSteps,
  createAnalyticsFold,
  type Delivery,
  type Folded,
  type MetricMeter,
  metricNames,
  type NetworkReport,
  openTelemetrySink,
  type RestoreReport,
  reportsOf,
  type SentReport,
  type SessionEnd,
  type SessionReport,
  type SessionStart,
  type TurnInput,
  type TurnOutcome,
  type TurnReport,
  type VoiceAnalytics,
  voiceAnalytics,
} from './lib/voice-agent/analytics/index.js'
