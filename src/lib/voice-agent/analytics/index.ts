export { type AnalyticsFold, type AnalyticsState, createAnalyticsFold, type Folded } from './fold.js'
export { reportsOf } from './from-log.js'
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
