import type { CallDriver } from './drivers/call/driver.js'
import type { StorageDriver } from './drivers/storage/driver.js'
import type { AgentStorage, SessionChannel } from './drivers/storage/ports.js'
import type { TokenDriver } from './drivers/token/driver.js'
import type { AgentToken } from './drivers/token/ports.js'
import type { Event, TakenCall } from './live/events.js'
import type { Live } from './live/state.js'

/** Parts of the runtime that move a session between tabs. */
export interface SessionMoves {
  /** See `VoiceStorage.channelOf`. */
  channelOf(sessionId: string): Promise<SessionChannel | null>
  /** Id of the tab that this one was duplicated from; null if it was not duplicated, or if that is unknown. */
  originalTabId(): string | null
  /** Id of the session that is open in this page; null if there is none. */
  sessionId(): string | null
  /** The token of that session. */
  token(): AgentToken | null
  /** Last status report of this page's own storage. */
  storageReport(): Live['report']
  /** True if that session's agent can move to another tab without a pause. */
  canHandOver(): boolean
  /**
   * Hands the session to another tab, leaving the call as a closing page does. Resolves once the session is saved and released. `waits`: waits
   * until the agent has moved, or the connection is lost.
   *
   * @throws VoiceAgentError `session-missing`, `superseded`
   */
  moveAway(sessionId: string, options: { waits: boolean }): Promise<void>
  cancelMove(): void
  /**
   * Takes over a session. Resolves once it is open here.
   *
   * @throws VoiceAgentError `session-open-elsewhere`, `session-missing`, or the error of the call
   */
  takeOver(sessionId: string, options: { token: AgentToken | null; call: TakenCall }): Promise<void>
  /** Notifies a takeover with an early call that the other tab has released the session. `isCallEnded`: the user has ended the call there. */
  onFreed(sessionId: string, options: { isCallEnded: boolean }): void
}

export interface SessionMovesPorts {
  storage: Pick<AgentStorage, 'channelOf'>
  storageDriver: Pick<StorageDriver, 'originalTabId'>
  tokens: Pick<TokenDriver, 'current' | 'pass'>
  calls: Pick<CallDriver, 'canHandOver'>
  live(): Live
  feed(event: Event): void
  /** Feeds an event, and settles with its answer. */
  ask(create: (requestId: string, at: number) => Event): Promise<void>
}

export function createSessionMoves(ports: SessionMovesPorts): SessionMoves {
  const { storage, storageDriver, tokens, calls, live, feed, ask } = ports
  return {
    channelOf: storage.channelOf,
    originalTabId: storageDriver.originalTabId,
    sessionId: () => live().session?.id ?? null,
    token: () => tokens.current(live().epoch),
    storageReport: () => live().report,
    canHandOver: calls.canHandOver,
    moveAway: (sessionId, { waits }) =>
      ask((requestId, at) => ({ type: 'moveRequested', requestId, sessionId, waits, at })),
    cancelMove: () => feed({ type: 'moveCancelled' }),
    takeOver(sessionId, { token, call }) {
      tokens.pass(token)
      return ask((requestId, at) => ({ type: 'takeOverRequested', requestId, sessionId, call, at }))
    },
    onFreed: (sessionId, { isCallEnded }) =>
      feed({ type: 'sessionFreed', sessionId, isCallEnded, at: Date.now() }),
  }
}
