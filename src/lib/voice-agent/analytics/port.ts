import type { UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentState } from '../../../../store/index.js'
import type { WatchTracks } from '../audio/audio-level.js'

/** The parts of an agent that analytics need. */
export interface AnalyticsHost {
  path: string
  /** Dispatches a fact. */
  dispatchSafely(action: UnknownAction): void
  watchTracks: WatchTracks
  warn(error: unknown): void
}

/** Analytics of one agent. */
export interface AttachedAnalytics {
  /** Adds a time to an action that has none. Without consent, returns the action unchanged. */
  stamp(action: UnknownAction): UnknownAction
  /** Called after each of the agent's actions, with the present state before it. */
  onAction(action: UnknownAction, before: VoiceAgentState): void
  dispose(): void
}

/** An agent's option `analytics`, created by `voiceAnalytics()`. Only its type is part of the core. */
export interface AnalyticsPort {
  /** Called once by the agent that it was passed to. @internal */
  attach(host: AnalyticsHost): AttachedAnalytics
}
