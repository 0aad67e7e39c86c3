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
import type { AgentCore } from './agent/agent-core.js'
import { toSessionData, type VoiceAgentEvents } from './agent/agent-events.js'
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
  onAllErased?: VoiceAgentEvents['allErased']
  onSessionsDeleted?: VoiceAgentEvents['sessionsDeleted']
  onSessionsChanged?: VoiceAgentEvents['sessionsChanged']
  onStorageAlmostFull?: VoiceAgentEvents['storageAlmostFull']
}

/**
 * Creates, restores, ends, lists and deletes sessions. Specification, "EnhancedSessionManager".
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
   * @throws VoiceAgentError `invalid-option` if it is not a function
   */
  setTokenRefreshCallback(callback: TokenRefreshCallback): void {
    checkFunctions({ refreshToken: callback ?? null })
    this.#core.options.refreshToken = callback
  }

  /** Replaces all callbacks that were set before. */
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
   * Restores this tab's session. In a browser the restore starts automatically, and this returns the same promise.
   * It resolves after the whole flow, reconnect included, and does not reject: `session.restore.reason` has the reason of a failure.
   *
   * @throws VoiceAgentError `not-mounted`
   */
  async initialize(): Promise<RestoreOutcome> {
    return (await this.#core.initialize()) ?? this.#outcome()
  }

  /** Returns the session of this tab; null if there is none. */
  getCurrentSession(): SessionData | null {
    const state = this.#core.present()
    return state.session.id === null ? null : toSessionData(state)
  }

  /**
   * Ends the current session, if any, and begins a new one, without calling.
   *
   * @throws VoiceAgentError `token-refresh-failed`, `token-malformed`
   */
  async createSession(): Promise<SessionData> {
    const { request, present, actions } = this.#core
    await request(actions.createSessionRequested())
    return toSessionData(present())
  }

  /**
   * Opens a stored session in this tab: the named one, or the one that this tab's token belongs to. `connect()` waits for it.
   * The current session is saved and ended first. If the named one is not stored, or is open in another tab, the current one stays
   * open and the result is `failed`. Without an id, a session that is open already stays open.
   *
   * @param sessionId One of `listSessions`. @default the one this tab's token belongs to
   * @param options Options of the restore.
   * @param options.reconnect False does not reconnect a call of the session, for one that is only read.
   *   @default true, decided by `autoReconnect`
   */
  async restoreSession(
    sessionId?: string,
    { reconnect = true }: { reconnect?: boolean } = {},
  ): Promise<RestoreOutcome> {
    const { request, actions } = this.#core
    const intent = actions.restoreRequested({ sessionId: sessionId ?? null, reconnect })
    return (await request<RestoreOutcome | undefined>(intent)) ?? this.#outcome()
  }

  /**
   * Ends the call and the session. The conversation stays stored: `listSessions` lists it, `restoreSession` restores it.
   *
   * Resolves once the last words are stored, or could not be stored within 15 s.
   */
  endSession(): Promise<void> {
    return this.#core.request(this.#core.actions.endSessionRequested())
  }

  /**
   * Deletes a stored session with its conversation and its key, in one transaction. The current session is ended before.
   * A tab that has it open continues without saving, and says so. Does nothing if there is no such session.
   *
   * @throws VoiceAgentError `storage-unavailable` if the storage can't be reached; nothing is deleted then
   */
  deleteSession(sessionId: string): Promise<void> {
    return this.#core.request(this.#core.actions.deleteSessionRequested({ sessionId }))
  }

  /**
   * Gives a stored conversation a name, which {@link readTitles} then returns in place of its first words. Encrypted with the conversation,
   * part of its exported file. Other tabs are told by `sessionsChanged`. The conversation keeps its place in the list.
   *
   * @param sessionId One of `listSessions`, or the open one.
   * @param title On one line, at most 120 characters: a longer one is cut. Null or an empty one brings the first words back.
   * @throws VoiceAgentError
   * - `session-missing`: no such session is stored. `session-open-elsewhere`: another tab has it open, and must rename it.
   * - `session-unreadable`, `key-wrong`, `key-unavailable`, `storage-unavailable`, `storage-quota`, `storage-write-failed`
   * - `invalid-option`: the title is no text.
   * @example
   * await sessionManager.renameSession(id, 'Wedding presents')
   */
  renameSession(sessionId: string, title: string | null): Promise<void> {
    return this.#core.request(this.#core.actions.renameSessionRequested({ sessionId, title }))
  }

  /**
   * Deletes everything that this package has stored in this database of the browser: all conversations, keys, tokens, journals and
   * encrypted values. Ends the call, empties the state, and does the same in every other tab. Resolves when nothing of it is on the disk;
   * `allErased` is then emitted in every tab. With a `scope`, only the database of that user is erased.
   *
   * @throws VoiceAgentError `erase-failed`; nothing is deleted then, and it can be tried again. This page's state is empty nevertheless.
   */
  eraseAll(): Promise<void> {
    return this.#core.request(this.#core.actions.eraseAllRequested())
  }

  /**
   * Lists the stored sessions, last updated first. With a `limit`, a page costs the same however many are stored.
   *
   * @param options Selects a page; left out for all sessions.
   * @param options.limit Maximum number of sessions. @default all
   * @param options.before The last session of the page before. @default begins with the session that was updated last
   * @throws VoiceAgentError `storage-unavailable` if the storage can't be reached; `invalid-option`
   * @example
   * const first = await sessionManager.listSessions({ limit: 50 })
   * const second = await sessionManager.listSessions({ limit: 50, before: first.at(-1) })
   */
  async listSessions(options: ListOptions = {}): Promise<SessionSummary[]> {
    return (await this.#core.runtime()).listSessions(options)
  }

  /**
   * Deletes sessions not updated for `persistence.retentionMs`, as every page load does when idle, and returns their number.
   *
   * A clock alone is no proof that a session is old. The first page that finds it old only notes it. A page of the same
   * browser profile that loads at least a day later deletes it. So a session goes between `retentionMs` and a day more after its
   * last update, with the next visit. After the clock has jumped, or 30 days without a visit, that takes another `retentionMs`.
   *
   * A session that any tab has open, or that could not be opened, is not deleted. Returns 0 if another tab is cleaning up already.
   * The event `sessionsDeleted` names the deleted sessions.
   *
   * @throws VoiceAgentError `storage-unavailable` if the storage can't be reached
   */
  async cleanup(): Promise<number> {
    return (await this.#core.runtime()).cleanUp()
  }

  /**
   * Encrypts a stored session into one file, which any browser with your app can import. The file contains its messages, times and draft,
   * and no token or device. It is made in blocks, so a long session needs no more memory than a short one. Words of a call that
   * another tab has not saved yet are not in it.
   *
   * @param sessionId One of `listSessions`.
   * @param options Passphrase of the file, and a signal that cancels the work.
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
   * Stores the session of an exported file, and returns it as `listSessions` lists it. It gets a key of its own and the time of the
   * import as its last update. Replaces nothing: if anything is stored under its id, it gets a new id. If the import fails, nothing
   * is stored.
   *
   * @param file A file of `exportSession`.
   * @param options Passphrase of the file, and a signal that cancels the work.
   * @throws VoiceAgentError
   * - `passphrase-wrong`: the passphrase does not open the file, or its header was changed on purpose.
   * - `file-truncated`: its end is missing. `file-damaged`: it was changed, or is no such file. `file-newer`: a newer version wrote it.
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
   * Decrypts everything that is stored, changes nothing, and reports: sessions with the reason why one can't be opened, keys with what
   * they decrypt, and orphans. It reads the whole database in blocks, so call it on request of the user.
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
   * Deletes records that {@link check} proves to be no conversation. No stored key decrypts them and no list has them, or they are marks of
   * sessions that are gone. Never deletes a session, a key, or a record whose key is there. Returns what was deleted and what was left.
   *
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`
   * @example
   * const { removed, left } = await sessionManager.repair()
   */
  repair(): Promise<RepairReport> {
    return this.#tool((tools) => tools.repair())
  }

  /**
   * Measures stored sessions, and asks the browser how much of its quota this origin uses.
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
   * Reads a stored session while another tab has it open, and follows its saves, which come about two seconds after its words. Changes
   * nothing: the other tab keeps the session. Call `close()` when it is no longer shown.
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
   * Reads titles of stored sessions for a list: the name that the user gave ({@link renameSession}), or else the first words, at most 80
   * characters. Decrypts the beginning of each. A session that can't be read, or has no words, is left out.
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
   * Finds messages in all conversations that are stored in this browser, also in those that another tab has open. The conversation that was
   * updated last comes first, with its last message first. Upper and lower case are the same. Decrypts everything, and changes nothing.
   *
   * @param query Text that the messages contain. Nothing is found for an empty one.
   * @throws VoiceAgentError `storage-unavailable`, `chunk-load-failed`; the signal's reason
   * @example
   * for (const { sessionId, message } of await sessionManager.search('kettle')) show(sessionId, message.text)
   */
  search(query: string, options: SearchOptions = {}): Promise<FoundMessage[]> {
    return this.#tool(async (tools) => (await tools.search?.(query, options)) ?? [])
  }

  /**
   * Asks the browser never to evict the stored data when its disk is full. Returns true if that is granted.
   * Some browsers show a prompt, so call it from a click; the package never calls it.
   */
  async requestPersistentStorage(): Promise<boolean> {
    // Undefined on insecure origins, although its type says otherwise.
    const storage = globalThis.navigator?.storage as StorageManager | undefined
    return (await storage?.persist?.().catch(() => false)) ?? false
  }

  async #tool<T>(run: (tools: StorageTools) => Promise<T>): Promise<T> {
    return run(await (await this.#core.runtime()).tools())
  }

  /** Returns the result of restoring the session that is open already. */
  #outcome(): RestoreOutcome {
    const { conversation, agent } = this.#core.present().session.restore
    return { conversation, agent }
  }
}
