import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentMiddleware } from '../../../../middleware/index.js'
import type { Intent, VoiceAgentActions, VoiceAgentError, VoiceAgentState } from '../../../../store/index.js'

/** The parts of an agent that a mirror needs. */
export interface MirrorHost
  extends Pick<
    VoiceAgentMiddleware,
    'request' | 'requestNow' | 'track' | 'settle' | 'dispatchSafely' | 'present' | 'runtime'
  > {
  path: string
  actions: VoiceAgentActions
  events: {
    on(name: 'sessionsChanged', listener: (changed: { sessionIds: string[] }) => void): () => void
  }
  warn(error: unknown): void
  /** True if the app's view was unmounted and ended the call, so that no call may begin until it is back. */
  isViewGone(): boolean
}

/** The mirror of one agent. */
export interface AttachedMirror {
  /** Handles an intent instead of the agent, see `VoiceAgentMiddlewareOptions.takeIntent`. */
  takeIntent(intent: Intent): boolean | VoiceAgentError
  /** Called after each of the agent's actions, with the present state before and after it. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  dispose(): void
}

/** An agent's option `mirror`, created by `mirrorTabs()`. Only its type is part of the core. */
export interface MirrorPort {
  /** Adds the action that applies another tab's state. @internal */
  wrapReducer(reducer: Reducer<VoiceAgentState>, path: string): Reducer<VoiceAgentState>
  /** Called once by the agent that it was passed to. @internal */
  attach(host: MirrorHost): AttachedMirror
}
