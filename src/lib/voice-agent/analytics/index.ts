export type { AnalyticsBatch, AnalyticsSink, Delivery, SentReport } from './delivery.js'
export { type AnalyticsFold, type AnalyticsState, createAnalyticsFold, type Folded } from './fold.js'
export { reportsOf } from './from-log.js'
export { metricNames } from './metric-names.js'
export type { AnalyticsPort } from './port.js'
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
} from './reports.js'
export { beaconSink, type MetricMeter, openTelemetrySink } from './sinks.js'
export { type AnalyticsOptions, type VoiceAnalytics, voiceAnalytics } from './voice-analytics.js'
