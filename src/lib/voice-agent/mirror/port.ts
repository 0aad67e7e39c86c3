import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentMiddleware } from '../../../../middleware/index.js'
import type { Intent, VoiceAgentActions, VoiceAgentError, VoiceAgentState } from '../../../../store/index.js'

/** The parts of an agent that a mirror works with. */
export interface MirrorHost
  extends Pick<
    VoiceAgentMiddleware,
    'request' | 'requestNow' | 'settle' | 'dispatchSafely' | 'present' | 'runtime'
  > {
  path: string
  actions: VoiceAgentActions
  events: {
    on(name: 'sessionsChanged', listener: (changed: { sessionIds: string[] }) => void): () => void
  }
  warn(error: unknown): void
}

/** The mirror of one agent. */
export interface AttachedMirror {
  /** Takes an intent over, see `VoiceAgentMiddlewareOptions.takeIntent`. */
  takeIntent(intent: Intent): boolean | VoiceAgentError
  /** Called after each action of the agent, with the present before and after it. */
  onAction(action: UnknownAction, before: VoiceAgentState, after: VoiceAgentState): void
  dispose(): void
}

/** Option `mirror` of an agent: `mirrorTabs()` makes one. Only its type is part of the core. */
export interface MirrorPort {
  /** Adds the action by which a tab takes up the state of another one. @internal */
  wrapReducer(reducer: Reducer<VoiceAgentState>, path: string): Reducer<VoiceAgentState>
  /** Called once, by the agent that it was passed to. @internal */
  attach(host: MirrorHost): AttachedMirror
}
