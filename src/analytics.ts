/**
 * Reports how calls went, without their content: latencies, outcomes, the network. Costs nothing unless imported.
 *
 * @packageDocumentation
 */

export type {
  AnalyticsBatch,
  AnalyticsSink,
  Delivery,
  SentReport,
} from './lib/voice-agent/analytics/delivery.js'
export {
  type AnalyticsFold,
  type AnalyticsState,
  createAnalyticsFold,
  type Folded,
} from './lib/voice-agent/analytics/fold.js'
export { reportsOf } from './lib/voice-agent/analytics/from-log.js'
export type { AnalyticsPort } from './lib/voice-agent/analytics/port.js'
export type {
  AnalyticsReport,
  ConnectionCause,
  ConnectionEnd,
  ConnectionReport,
  ConnectionSteps,
  NetworkReport,
  RestoreReport,
  SessionEnd,
  SessionReport,
  SessionStart,
  TurnInput,
  TurnOutcome,
  TurnReport,
} from './lib/voice-agent/analytics/reports.js'
export {
  beaconSink,
  type MetricMeter,
  metricNames,
  openTelemetrySink,
} from './lib/voice-agent/analytics/sinks.js'
export {
  type AnalyticsOptions,
  type VoiceAnalytics,
  voiceAnalytics,
} from './lib/voice-agent/analytics/voice-analytics.js'
