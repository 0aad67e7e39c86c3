import type { SessionSummary } from '../../../middleware/drivers/storage/ports.js'
import type { TokenRefreshCallback } from '../../../middleware/drivers/token/ports.js'
import type { AgentCore } from './agent/agent-core.js'
import type { VoiceAgentEvents } from './agent/agent-events.js'
import { toSessionData } from './agent/session-data.js'
import type { RestoreOutcome, SessionData } from './options/options.js'
import { checkFunctions } from './options/resolve-options.js'

/** Specification, "Session Event Callbacks". */
export interface SessionEventCallbacks {
  onSessionCreated?: VoiceAgentEvents['sessionCreated']
  onSessionRestored?: VoiceAgentEvents['sessionRestored']
  onSessionExpired?: VoiceAgentEvents['sessionExpired']
  onReconnecting?: VoiceAgentEvents['reconnecting']
  onReconnected?: VoiceAgentEvents['reconnected']
  onStorageDegraded?: VoiceAgentEvents['storageDegraded']
}

/**
 * The life of sessions: created, restored, ended, listed, deleted. Specification, "EnhancedSessionManager".
 *
 * @example
 * const { conversation, agent } = await voiceAgent.sessionManager.initialize()
 * if (conversation === 'restored') console.log(`The conversation is back; the agent: ${agent}.`)
 */
export class EnhancedSessionManager {
  readonly #core: AgentCore
  #stopCallbacks: (() => void)[] = []

  /** @internal */
  constructor(core: AgentCore) {
    this.#core = core
  }

  /**
   * Replaces the option `refreshToken`. Specification, "Token Refresh Callback".
   *
   * @throws VoiceAgentError `invalid-option` for what is no function
   */
  setTokenRefreshCallback(callback: TokenRefreshCallback): void {
    checkFunctions({ refreshToken: callback ?? null })
    this.#core.options.refreshToken = callback
  }

  /** Replaces all callbacks that were set before. */
  setEventCallbacks(callbacks: SessionEventCallbacks): void {
    const { events } = this.#core
    for (const stop of this.#stopCallbacks) stop()
    this.#stopCallbacks = [
      callbacks.onSessionCreated && events.on('sessionCreated', callbacks.onSessionCreated),
      callbacks.onSessionRestored && events.on('sessionRestored', callbacks.onSessionRestored),
      callbacks.onSessionExpired && events.on('sessionExpired', callbacks.onSessionExpired),
      callbacks.onReconnecting && events.on('reconnecting', callbacks.onReconnecting),
      callbacks.onReconnected && events.on('reconnected', callbacks.onReconnected),
      callbacks.onStorageDegraded && events.on('storageDegraded', callbacks.onStorageDegraded),
    ].filter((stop) => stop !== undefined)
  }

  /**
   * Restores this tab's session. It starts by itself in a browser; this gives the same promise, which settles when the whole
   * flow, reconnection included, has its outcome. It does not reject: what went wrong is in `session.restore.reason`.
   *
   * @throws VoiceAgentError `not-mounted`
   */
  async initialize(): Promise<RestoreOutcome> {
    return (await this.#core.middleware.initialize()) ?? this.#outcome()
  }

  /** The session of this tab; null while there is none. */
  getCurrentSession(): SessionData | null {
    const state = this.#core.middleware.present()
    return state.session.id === null ? null : toSessionData(state)
  }

  /**
   * Ends the session there is, if any, and begins a new one, without calling.
   *
   * @throws VoiceAgentError `token-refresh-failed`, `token-malformed`
   */
  async createSession(): Promise<SessionData> {
    const { middleware, actions } = this.#core
    await middleware.request(actions.createSessionRequested())
    return toSessionData(middleware.present())
  }

  /**
   * Takes up a stored session in this tab: the named one, or the one this tab's token belongs to.
   * What this tab had before is saved and ended first; it goes on where the named one is not stored, or open in another tab, and the
   * outcome is `failed`. Without an id, a session that is open here already stays as it is. `connect()` waits for it.
   *
   * @param sessionId One of `listSessions`. @default the one this tab's token belongs to
   * @param options How it is taken up.
   * @param options.reconnect False leaves the call off that was on when the session was left: for one that is opened to be read.
   *   @default true, as `autoReconnect` says
   */
  async restoreSession(
    sessionId?: string,
    { reconnect = true }: { reconnect?: boolean } = {},
  ): Promise<RestoreOutcome> {
    const { middleware, actions } = this.#core
    const intent = actions.restoreRequested({ sessionId: sessionId ?? null, reconnect })
    return (await middleware.request<RestoreOutcome | undefined>(intent)) ?? this.#outcome()
  }

  /** Ends the call and the session. What was said stays stored: `listSessions` has it, `restoreSession` brings it back. */
  endSession(): Promise<void> {
    return this.#core.middleware.request(this.#core.actions.endSessionRequested())
  }

  /**
   * Deletes a stored session and all that was said in it, its key first. The running one is ended before; a tab that has it
   * open goes on without keeping anything, and says so. Does nothing when there is no such session.
   *
   * @throws VoiceAgentError `storage-unavailable` when what is stored can't be reached: nothing is deleted then
   */
  deleteSession(sessionId: string): Promise<void> {
    return this.#core.middleware.request(this.#core.actions.deleteSessionRequested({ sessionId }))
  }

  /**
   * What is stored, last updated first.
   *
   * @throws VoiceAgentError `storage-unavailable` when it can't be reached
   */
  async listSessions(): Promise<SessionSummary[]> {
    return (await this.#core.middleware.runtime()).listSessions()
  }

  /**
   * Deletes what was not updated for `persistence.retentionMs`, as every page load does when idle; gives how many sessions.
   * A session that any tab has open is kept. While another tab cleans up this one leaves it to that, and gives 0.
   *
   * @throws VoiceAgentError `storage-unavailable` when what is stored can't be reached
   */
  async cleanup(): Promise<number> {
    return (await this.#core.middleware.runtime()).cleanUp()
  }

  /**
   * Asks the browser never to evict what is stored when its disk runs full; some ask the person in turn. It is never done
   * unasked: call it from a click. Gives whether it is granted.
   */
  async requestPersistentStorage(): Promise<boolean> {
    // Undefined on insecure origins, whatever its type says.
    const storage = globalThis.navigator?.storage as StorageManager | undefined
    return (await storage?.persist?.().catch(() => false)) ?? false
  }

  /** The outcome of a restoration of the session that is open already. */
  #outcome(): RestoreOutcome {
    const { conversation, agent } = this.#core.middleware.present().session.restore
    return { conversation, agent }
  }
}
