import type {
  FileOptions,
  FoundMessage,
  ListOptions,
  ReadOnlySession,
  RepairReport,
  SearchOptions,
  SessionSummary,
  StorageReport,
  StorageTools,
  StorageUsage,
  UsageOptions,
} from '../../../middleware/drivers/storage/ports.js'
import type { TokenRefreshCallback } from '../../../middleware/drivers/token/ports.js'
import type { RestoreOutcome } from '../../../middleware/index.js'
import type { Runtime } from '../../../middleware/runtime.js'
import type { AgentCore } from './agent/agent-core.js'
import { type SessionData, toSessionData, type VoiceAgentEvents } from './agent/agent-events.js'
import { checkFunctions } from './options/check-options.js'

/** Callbacks for the events of sessions. */
export interface SessionEventCallbacks {
  onSessionCreated?: VoiceAgentEvents['sessionCreated']
  onSessionRestored?: VoiceAgentEvents['sessionRestored']
  onSessionExpired?: VoiceAgentEvents['sessionExpired']
  onReconnecting?: VoiceAgentEvents['reconnecting']
  onReconnected?: VoiceAgentEvents['reconnected']
  onStorageDegraded?: VoiceAgentEvents['storageDegraded']
  onAllErased?: VoiceAgentEvents['allErased']
  onSessionsDeleted?: VoiceAgentEvents['sessionsDeleted']
  onSessionsChanged?: VoiceAgentEvents['sessionsChanged']
  onStorageAlmostFull?: VoiceAgentEvents['storageAlmostFull']
}

/**
 * Creates, restores, ends, lists and deletes sessions.
 *
 * @example
 * const { conversation, agent } = await voiceAgent.sessionManager.initialize()
 * if (conversation === 'restored') console.log(`The conversation is back. The agent is ${agent}.`)
 */
export class EnhancedSessionManager {
  readonly #core: AgentCore
  #stopCallbacks: (() => void)[] = []

  /** @internal */
  constructor(core: AgentCore) {
    this.#core = core
  }

  /**
   * Replaces the option `refreshToken`.
   *
   * @param callback Resolves to `{ token, expiresAt, sessionId }`. `expiresAt` is in seconds or milliseconds since the epoch, or ISO 8601 text.
   * @throws VoiceAgentError `invalid-option` if it is not a function
   * @example
   * sessionManager.setTokenRefreshCallback(async () => {
   *   const response = await fetch('/api/voice-agent/token', { method: 'POST' })
   *   const { token, expiresAt, session_id } = await response.json()
   *   return { token, expiresAt, sessionId: session_id }
   * })
   */
  setTokenRefreshCallback(callback: TokenRefreshCallback): void {
    checkFunctions({ refreshToken: callback ?? null })
    this.#core.options.refreshToken = callback
  }

  /**
   * Sets callbacks for events, each named after its event. Replaces all callbacks that were set before.
   *
   * @example
   * sessionManager.setEventCallbacks({
   *   onSessionRestored: ({ messages }) => console.log(`${messages.length} messages are back.`),
   *   onSessionExpired: () => console.log('Session expired, please refresh'),
   * })
   */
  setEventCallbacks(callbacks: SessionEventCallbacks): void {
    const { events } = this.#core
    for (const stop of this.#stopCallbacks) stop()
    // Each callback is named after its event: `onSessionCreated`, `sessionCreated`.
    this.#stopCallbacks = Object.entries(callbacks).flatMap(([name, callback]) => {
      const event = name.charAt(2).toLowerCase() + name.slice(3)
      return callback ? [events.on(event as keyof VoiceAgentEvents, callback as () => void)] : []
    })
  }

  /**
   * Restores this tab's session. In a browser, the restore starts automatically, and this returns its promise.
   * It resolves after the whole flow, including the reconnect. If the restore fails, it still resolves, and `session.restore.reason` says why.
   *
   * @throws VoiceAgentError `not-mounted`
   */
  initialize(): Promise<RestoreOutcome> {
    return this.#core.track(async () => (await this.#core.initialize()) ?? this.#outcome())
  }

  /** Returns this tab's session, or null. */
  getCurrentSession(): SessionData | null {
    const state = this.#core.present()
    return state.session.id === null ? null : toSessionData(state)
  }

  /**
   * Ends the current session, if any, and starts a new one without a call.
   *
   * @throws VoiceAgentError `token-refresh-failed`, `token-malformed`
   */
  createSession(): Promise<SessionData> {
    const { request, present, actions } = this.#core
    return request(actions.createSessionRequested(), () => toSessionData(present()))
  }

  /**
   * Opens a stored session in this tab: the named one, or the one that this tab's token belongs to. `connect()` waits for it.
   * The current session is saved and ended first. If the named session is not stored, or is open in another tab, the current one stays
   * open and the result is `failed`. Without an id, a session that is already open stays open.
   *
   * @param sessionId One of `listSessions`. @default the one this tab's token belongs to
   * @param options Options of the restore.
   * @param options.reconnect False only shows the session and does not reconnect its call.
   *   @default true, decided by `autoReconnect`
   */
  restoreSession(
    sessionId?: string,
    { reconnect = true }: { reconnect?: boolean } = {},
  ): Promise<RestoreOutcome> {
    const { request, actions } = this.#core
    const intent = actions.restoreRequested({ sessionId: sessionId ?? null, reconnect })
    return request(intent, (outcome: RestoreOutcome | undefined) => outcome ?? this.#outcome())
  }

  /**
   * Ends the call and the session. The conversation stays stored: `listSessions` lists it, and `restoreSession` restores it.
   *
   * Resolves when the last messages are stored, or could not be stored within 15 s.
   */
  endSession(): Promise<void> {
    return this.#core.request(this.#core.actions.endSessionRequested())
  }

  /**
   * Deletes a stored session with its conversation and its key, in one transaction. If it is the current session, it is ended first.
   * Another tab that has it open continues without saving, and says so. Does nothing if there is no such session.
   *
   * @throws VoiceAgentError `storage-unavailable` if the storage can't be reached, and `consent-missing` without the user's consent, if this
   *   page did not begin the session; nothing is deleted then
   */
  deleteSession(sessionId: string): Promise<void> {
    return this.#core.request(this.#core.actions.deleteSessionRequested({ sessionId }))
  }

  /**
   * Renames a stored conversation. {@link readTitles} then returns the name instead of the first words. The name is encrypted with the
   * conversation and is part of its exported file. Other tabs emit `sessionsChanged`. The conversation keeps its position in the list.
   *
   * @param sessionId One of `listSessions`, or the open one.
   * @param title On one line. Longer names are cut to 120 characters. Null or an empty name restores the first words.
   * @throws VoiceAgentError
   * - `session-missing`: no such session is stored. `session-open-elsewhere`: another tab has it open, and must rename it.
   * - `session-unreadable`, `key-wrong`, `key-unavailable`, `storage-unavailable`, `storage-quota`, `storage-write-failed`
   * - `invalid-option`: the title is not a string.
   * @example
   * await sessionManager.renameSession(id, 'Wedding presents')
   */
  renameSession(sessionId: string, title: string | null): Promise<void> {
    return this.#core.request(this.#core.actions.renameSessionRequested({ sessionId, title }))
  }

  /**
   * Deletes everything that the package has stored in this database: all conversations, keys, tokens, journals and
   * encrypted values. Ends the call and clears the state, in every tab. Resolves when the deletion is on disk, and
   * every tab then emits `allErased`. With a `scope`, only that user's database is erased.
   *
   * @throws VoiceAgentError `erase-failed`; nothing is deleted then, and you can try again. This page's state is empty anyway.
   */
  eraseAll(): Promise<void> {
    return this.#core.request(this.#core.actions.eraseAllRequested())
  }

  /**
   * Lists the stored sessions, most recently updated first. With a `limit`, the cost does not depend on the number of stored sessions.
   *
   * @param options Selects a page; left out for all sessions.
   * @param options.limit Maximum number of sessions. @default all
   * @param options.before The last session of the previous page. @default starts with the most recently updated session
   * @throws VoiceAgentError `storage-unavailable` if the storage can't be reached; `invalid-option`
   * @example
   * const first = await sessionManager.listSessions({ limit: 50 })
   * const second = await sessionManager.listSessions({ limit: 50, before: first.at(-1) })
   */
  listSessions(options: ListOptions = {}): Promise<SessionSummary[]> {
    return this.#withRuntime((runtime) => runtime.listSessions(options))
  }

  /**
   * Deletes sessions not updated for `persistence.retentionMs`, as every page load does when idle, and returns their number.
   *
   * Because a clock may be wrong, deletion takes two visits. The first page that finds a session old only records this. A page of the same
   * browser profile that loads at least a day later deletes it. After a clock change, or 30 days without a visit, this takes another
   * `retentionMs`.
   *
   * A session that any tab has open, or that could not be opened, is not deleted. Returns 0 if another tab is already cleaning up.
   * The event `sessionsDeleted` names the deleted sessions.
   *
   * @throws VoiceAgentError `storage-unavailable` if the storage can't be reached
   */
  cleanup(): Promise<number> {
    return this.#withRuntime((runtime) => runtime.cleanUp())
  }

  /**
   * Encrypts a stored session into one file, which any browser with your app can import. The file contains its messages, times and draft,
   * but no token or device. It is created in blocks, so a long session needs no more memory than a short one. It does not contain messages
   * that another tab has not saved yet.
   *
   * @param sessionId One of `listSessions`.
   * @param options Passphrase of the file, and a signal to cancel.
   * @throws VoiceAgentError
   * - `session-missing`: no such session is stored. `session-unreadable`: this browser can't decrypt it.
   * - `session-open-elsewhere`: another tab changes it too fast.
   * - `storage-write-failed`: the last messages of this tab could not be saved, so the file would lack them.
   * - `invalid-option`: the passphrase is empty.
   * - `storage-unavailable`, `key-wrong`, `key-unavailable`, `chunk-load-failed`
   * @example
   * const file = await sessionManager.exportSession(id, { passphrase })
   * link.href = URL.createObjectURL(file)
   * link.download = 'conversation.rva'
   */
  exportSession(sessionId: string, options: FileOptions): Promise<Blob> {
    return this.#tool((tools) => tools.exportSession(sessionId, options))
  }

  /**
   * Stores the session from an exported file, and returns it as `listSessions` does. It gets a new key, and counts as updated
   * now. It replaces nothing: if its id is taken, it gets a new id. If the import fails, nothing
   * is stored.
   *
   * @param file A file from `exportSession`.
   * @param options Passphrase of the file, and a signal to cancel.
   * @throws VoiceAgentError
   * - `passphrase-wrong`: the passphrase does not open the file, or its header was changed on purpose.
   * - `file-truncated`: its end is missing. `file-damaged`: it was changed, or is another kind of file. `file-newer`: a newer version wrote it.
   * - `storage-quota`, `storage-write-failed`, `storage-unavailable`, `key-wrong`, `key-unavailable`, `chunk-load-failed`
   * - `invalid-option`: the passphrase is empty.
   * @example
   * const { id } = await sessionManager.importSession(input.files[0], { passphrase })
   * await sessionManager.restoreSession(id, { reconnect: false })
   */
  importSession(file: Blob, options: FileOptions): Promise<SessionSummary> {
    return this.#tool((tools) => tools.importSession(file, options))
  }

  /**
   * Decrypts everything that is stored, without changing it, and reports sessions (and why they can't be opened), keys (and what
   * they decrypt), and orphans. It reads the whole database in blocks, so call it only when the user requests it.
   *
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`
   * @example
   * const { sessions } = await sessionManager.check()
   * for (const { id, error } of sessions) if (error) console.log(id, error.code)
   */
  check(): Promise<StorageReport> {
    return this.#tool((tools) => tools.check())
  }

  /**
   * Deletes records that {@link check} proves not to be conversations. No stored key decrypts them and they are not listed, or they are markers
   * of deleted sessions. It deletes no session, no key, and no record whose key exists. Returns what it deleted and what it left.
   *
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`
   * @example
   * const { removed, left } = await sessionManager.repair()
   */
  repair(): Promise<RepairReport> {
    return this.#tool((tools) => tools.repair())
  }

  /**
   * Measures stored sessions, and returns the origin's usage and quota as the browser reports them.
   *
   * @param options Sessions to measure. @default all, which reads the whole database
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`
   * @example
   * const { sessions, usedBytes, quotaBytes } = await sessionManager.storageUsage({ sessionIds: [id] })
   */
  storageUsage(options: UsageOptions = {}): Promise<StorageUsage> {
    return this.#tool((tools) => tools.measureUsage(options))
  }

  /**
   * Shows a stored session that another tab has open, and follows its saves, about two seconds behind. The other tab keeps the
   * session. Call `close()` when you no longer show it.
   *
   * @param sessionId One of `listSessions`.
   * @throws VoiceAgentError `session-missing`, `session-unreadable`, `key-wrong`, `key-unavailable`, `storage-unavailable`, `chunk-load-failed`
   * @example
   * const session = await sessionManager.openReadOnly(id)
   * const show = () => render(session.get().messages)
   * session.subscribe(show)
   * show()
   */
  openReadOnly(sessionId: string): Promise<ReadOnlySession> {
    return this.#tool((tools) => tools.openReadOnly(sessionId))
  }

  /**
   * Reads titles of stored sessions for a list: the user's name for it ({@link renameSession}), or else the first words, at most 80
   * characters. Decrypts the beginning of each session. Sessions that can't be read, or are empty, are omitted.
   *
   * @param sessionIds Ids from `listSessions`.
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`
   * @example
   * const titles = await sessionManager.readTitles(sessions.map(({ id }) => id))
   * for (const { id } of sessions) console.log(titles.get(id) ?? 'No words')
   */
  readTitles(sessionIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#tool(async (tools) => (await tools.readTitles?.(sessionIds)) ?? new Map())
  }

  /**
   * Searches the messages of all stored conversations, including those that other tabs have open. Results are sorted by the conversation's
   * last update and then by message, newest first. The search ignores case. It decrypts everything, and changes nothing.
   *
   * @param query Text to find. An empty text finds nothing.
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`; the signal's reason
   * @example
   * for (const { sessionId, message } of await sessionManager.search('kettle')) show(sessionId, message.text)
   */
  search(query: string, options: SearchOptions = {}): Promise<FoundMessage[]> {
    return this.#tool(async (tools) => (await tools.search?.(query, options)) ?? [])
  }

  /**
   * Asks the browser not to evict the stored data when the disk is full. Returns true if the browser agrees.
   * Some browsers show a prompt, so call it from a click. The package does not call it.
   */
  async requestPersistentStorage(): Promise<boolean> {
    // Undefined on insecure origins, although its type says otherwise.
    const storage = globalThis.navigator?.storage as StorageManager | undefined
    return (await storage?.persist?.().catch(() => false)) ?? false
  }

  #withRuntime<T>(run: (runtime: Runtime) => Promise<T>): Promise<T> {
    return this.#core.track(async () => run(await this.#core.runtime()))
  }

  #tool<T>(run: (tools: StorageTools) => Promise<T>): Promise<T> {
    return this.#withRuntime(async (runtime) => run(await runtime.tools()))
  }

  /** Returns the result of restoring the session that is already open. */
  #outcome(): RestoreOutcome {
    const { conversation, agent } = this.#core.present().session.restore
    return { conversation, agent }
  }
}
