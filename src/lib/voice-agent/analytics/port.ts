import type { UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentState } from '../../../../store/index.js'
import type { WatchTracks } from '../audio/audio-level.js'

/** The parts of an agent that analytics work with. */
export interface AnalyticsHost {
  path: string
  /** Dispatches a fact. */
  dispatchSafely(action: UnknownAction): void
  watchTracks: WatchTracks
  warn(error: unknown): void
}

/** Analytics of one agent. */
export interface AttachedAnalytics {
  /** Returns the action with its time, if it has none; the same action without consent. */
  stamp(action: UnknownAction): UnknownAction
  /** Called after each action of the agent, with the present before it. */
  onAction(action: UnknownAction, before: VoiceAgentState): void
  dispose(): void
}

/** Option `analytics` of an agent: `voiceAnalytics()` makes one. Only its type is part of the core. */
export interface AnalyticsPort {
  /** Called once, by the agent that it was passed to. @internal */
  attach(host: AnalyticsHost): AttachedAnalytics
}
