import { configureStore, type Store } from '@reduxjs/toolkit'
import type { VoiceTransportFactory } from '../../../../middleware/drivers/call/ports.js'
import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import type { TokenRefreshCallback } from '../../../../middleware/drivers/token/ports.js'
import {
  type EndReason,
  hasEarlierMessages,
  type Intent,
  isCallWanted,
  type SessionStats,
  type TalkMode,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { type AgentCore, type ComponentReports, createAgentCore } from '../agent/agent-core.js'
import type { VoiceAgentEvents } from '../agent/agent-events.js'
import type { AudioDeviceList } from '../audio/audio-devices.js'
import type { AudioLevel, AudioSource } from '../audio/audio-level.js'
import type { CallCheckStep } from '../check/call-check.js'
import { EnhancedSessionManager } from '../enhanced-session-manager.js'
import { checkFunctions } from '../options/check-options.js'
import type { VoiceAgentOptions } from '../options/options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'

/** A store that contains an agent. `subscribe` is only available if the agent has its own store. */
export type AgentStore = Pick<Store<Record<string, VoiceAgentState>>, 'dispatch' | 'getState'> &
  Partial<Pick<Store, 'subscribe'>>

function checkText(method: string, text: unknown): void {
  if (typeof text !== 'string')
    throw new VoiceAgentError('invalid-option', `${method} expects a string; it got ${typeof text}.`)
}

/**
 * One voice agent. `createVoiceAgent` puts it into your app's store; `new WebRTCVoiceAgent()` creates its own store.
 *
 * @example
 * const agent = new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent' })
 * agent.on('sessionRestored', ({ messages }) => console.log(`${messages.length} messages are back.`))
 * await agent.connect()
 */
export class WebRTCVoiceAgent {
  /** Sessions and stored conversations. */
  readonly sessionManager: EnhancedSessionManager
  readonly #core: AgentCore
  readonly #ownStore: Store<Record<string, VoiceAgentState>> | undefined

  /**
   * @param core Only passed by `createVoiceAgent`.
   * @throws VoiceAgentError `invalid-option`
   */
  constructor(options: VoiceAgentOptions, core?: AgentCore) {
    this.#core = core ?? createAgentCore(options)
    this.sessionManager = new EnhancedSessionManager(this.#core)
    if (!core) {
      const { reducer, middleware, options: resolved } = this.#core
      this.#ownStore = configureStore({
        reducer: { [resolved.reducerPath]: reducer },
        middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(middleware),
      })
    }
  }

  get actions(): VoiceAgentActions {
    return this.#core.actions
  }

  get selectors(): VoiceAgentSelectors {
    return this.#core.selectors
  }

  /** The agent's store. `subscribe` is only available if the agent has its own store, because an app can use its own store directly. */
  get store(): AgentStore {
    const { dispatch, getState } = this.#core
    return this.#ownStore ?? ({ dispatch, getState } as AgentStore)
  }

  /**
   * Starts a call. Resolves when the agent is ready to talk, or immediately during a call.
   * While a session is being restored, the call waits for it and belongs to that session.
   *
   * @throws VoiceAgentError with the reason why the call could not be started.
   */
  connect(): Promise<void> {
    return this.#core.request(this.#core.actions.connectRequested())
  }

  /**
   * Ends the call but keeps the session and its conversation. Resolves when they are saved.
   *
   * @param options Reason of the end.
   * @param options.reason Set it if your app ends the call rather than the user. It becomes `connection.endReason`. @default none
   * @example await agent.disconnect({ reason: 'idle' })
   */
  disconnect({ reason }: { reason?: EndReason } = {}): Promise<void> {
    // Doesn't pass on the object itself, because a click handler may be called with an event.
    return this.#core.request(
      this.#core.actions.disconnectRequested(reason === 'idle' ? { reason } : undefined),
    )
  }

  /**
   * Loads the code for calls, which otherwise loads when the browser is idle. Call it when the pointer approaches your own *Start* button.
   * Doesn't request the microphone or open a connection. If loading fails, the call retries.
   *
   * @example button.addEventListener('pointerenter', () => agent.prepare())
   */
  prepare(): void {
    this.#core
      .runtime()
      .then((runtime) => runtime.prepare())
      .catch(() => undefined)
  }

  /**
   * Tests everything that a call needs: the microphone and its sound, the server, the path to the agent, and a relay. It opens a short
   * connection through your transport, with the token of a new session. It doesn't play the agent's voice, and leaves nothing open. Call it
   * from a click, because browsers don't let a page measure sound before one.
   *
   * @param onChange Called with all steps when one changes.
   * @param options Options of the check.
   * @param options.signal Stops the check and closes its connection. @default never
   * @returns all steps. A failed step does not reject the promise.
   * @throws VoiceAgentError `call-on` during a call, and if one begins; `superseded` if the user signs out or another check begins;
   *   `disposed`; `chunk-load-failed`. In each case, the check is stopped
   * @example
   * const steps = await agent.checkCall((steps) => show(steps))
   * if (steps.some(({ status }) => status === 'failed')) showHelp()
   */
  checkCall(
    onChange: (steps: readonly CallCheckStep[]) => void = () => {},
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly CallCheckStep[]> {
    return this.#core.checks.run(onChange, signal)
  }

  /**
   * Switches to another agent, even during a call. The conversation continues, and the new agent receives its last messages
   * (`reseeded`). The agent requests a new token, because the current one may be another provider's. Texts that are sent meanwhile
   * wait for the new connection. The switch lasts until the page unloads: pass the same transport to `createVoiceAgent` on the next page.
   *
   * Resolves when the new agent is ready to talk, or immediately without a call.
   *
   * @param transport Transport of the new agent.
   * @param options Tokens of the new agent.
   * @param options.refreshToken Gets the tokens of the new agent, for the same session. @default the current callback
   * @throws VoiceAgentError `invalid-option`; otherwise the reason why the call ended
   * @example await agent.switchTransport(openAiRealtimeTransport(), { refreshToken: getOpenAiToken })
   */
  switchTransport(
    transport: VoiceTransportFactory,
    options: { refreshToken?: TokenRefreshCallback } = {},
  ): Promise<void> {
    const { refreshToken } = options
    checkFunctions({ transport: transport ?? null, refreshToken })
    return this.#core.switchTransport({ transport, ...(refreshToken ? { refreshToken } : {}) })
  }

  /**
   * Sends a typed text; ignores a blank one. While the call reconnects, the text waits, marked as unsent.
   * If the transport refuses the text, it is removed from the conversation, and `connection.error` has the reason.
   *
   * @throws VoiceAgentError In each case, the text is not added to the conversation.
   * - `not-connected`: there is no call.
   * - `text-too-long`: the text is too long for the connection. The message says the limit.
   * - `invalid-option`: `text` is not a string.
   */
  sendText(text: string): void {
    checkText('sendText', text)
    if (text.trim() !== '') this.#request(this.#core.actions.sendTextRequested(text))
  }

  /**
   * Resends a text that was not sent. Starts a call if there is none. If an agent has already received the text, it recognizes the id.
   *
   * @param id Id of a message with `isUnsent` that is not in `conversation.outbox`.
   * @throws VoiceAgentError `too-late` for any other id.
   */
  resendText(id: string): void {
    this.#request(this.#core.actions.resendTextRequested({ id }))
  }

  /** The unsent text in the composer; empty if there is none. */
  get draft(): string {
    return this.#core.present().conversation.draft
  }

  /**
   * Sets the draft. Call it on each change in your own composer. The draft is encrypted and restored with its session; its first
   * 65,536 characters are stored. `sendText` with the same text clears the draft, and so does ending the session. Before the first
   * call, there is no session yet, so the draft stays in memory.
   *
   * @throws VoiceAgentError `invalid-option` if `text` is not a string.
   * @example input.addEventListener('input', () => agent.setDraft(input.value))
   */
  setDraft(text: string): void {
    checkText('setDraft', text)
    const { present, dispatchSafely, actions } = this.#core
    if (present().conversation.draft !== text) dispatchSafely(actions.draftChanged({ text }))
  }

  /**
   * Sends data to the agent without adding a message, such as the contents of a cart. `data` must be JSON.
   *
   * @throws VoiceAgentError `not-connected` if there is no call.
   */
  sendClientMessage(name: string, data: unknown): void {
    const { request, present, actions } = this.#core
    if (!isCallWanted(present().connection.status)) throw new VoiceAgentError('not-connected')
    // A message that the transport refuses is reported as `connection.error`.
    request(actions.clientMessageRequested({ name, data })).catch(() => undefined)
  }

  /** Stops the agent's answer. The text so far is kept and marked as interrupted. Does nothing without a call. */
  interrupt(): void {
    const { present, actions } = this.#core
    if (isCallWanted(present().connection.status)) this.#request(actions.interruptRequested())
  }

  /**
   * Approves a tool call that awaits approval (`tool.status` is `awaiting-approval`).
   *
   * @param toolCallId The id of the message.
   * @throws VoiceAgentError `too-late` if no such call awaits approval.
   */
  approveTool(toolCallId: string): void {
    this.#request(this.#core.actions.approveToolRequested({ toolCallId }))
  }

  /**
   * Declines a tool call that awaits approval. It doesn't run, and the agent receives the decision.
   *
   * @param toolCallId The id of the message.
   * @throws VoiceAgentError `too-late` if no such call awaits approval.
   */
  declineTool(toolCallId: string): void {
    this.#request(this.#core.actions.declineToolRequested({ toolCallId }))
  }

  /** Mutes the microphone without closing it. */
  mute(): void {
    this.#request(this.#core.actions.muteRequested())
  }

  /** Unmutes the microphone. */
  unmute(): void {
    this.#request(this.#core.actions.unmuteRequested())
  }

  /**
   * Sets the talk mode, even during a call. Leaving `text` requests the microphone, so call it from a click. Choosing `text`
   * closes it.
   *
   * @throws VoiceAgentError `invalid-option` for any other mode.
   */
  setTalkMode(talk: TalkMode): void {
    this.#request(this.#core.actions.talkModeRequested({ talk }))
  }

  /**
   * Opens the push-to-talk microphone and interrupts the agent. While the call connects, it applies to the microphone that the call
   * opens. Does nothing without a call.
   *
   * @throws VoiceAgentError `invalid-option` in any other mode.
   * @example button.addEventListener('pointerdown', () => agent.startTalking())
   */
  startTalking(): void {
    this.#request(this.#core.actions.startTalkingRequested())
  }

  /** Closes the push-to-talk microphone again. @throws VoiceAgentError `invalid-option` in any other mode. */
  stopTalking(): void {
    this.#request(this.#core.actions.stopTalkingRequested())
  }

  /** Microphones and speakers. Reading them doesn't show a prompt. They are not listed until the user allows the microphone. */
  get devices(): AudioDeviceList {
    return this.#core.media.devices
  }

  /** Current level of a voice, measured 16 times per second. It is not in the store. */
  audioLevel(source: AudioSource): AudioLevel {
    return this.#core.media.level(source)
  }

  /** Requests the microphone again after an error. Call it from a click. */
  retryMicrophone(): void {
    this.#request(this.#core.actions.microphoneRequested())
  }

  /**
   * Switches the microphone for later calls, and immediately during a call, without a new connection. If it can't be opened, the
   * previous one stays in use, and `connection.deviceFallback` reports it.
   *
   * @param deviceId One of `devices`; null for the system default.
   */
  selectMicrophone(deviceId: string | null): void {
    this.#request(this.#core.actions.selectMicrophoneRequested({ deviceId }))
  }

  /** Switches the speaker, if the browser supports it (`devices.get().canSelectSpeaker`). */
  selectSpeaker(deviceId: string | null): void {
    this.#request(this.#core.actions.selectSpeakerRequested({ deviceId }))
  }

  /** Lets the user choose a speaker from the browser's own list (`devices.get().canPromptForSpeaker`). Call it from a click. */
  async promptForSpeaker(): Promise<void> {
    const deviceId = await this.#core.media.promptForSpeaker()
    if (deviceId === null) return
    await this.devices.refresh()
    this.selectSpeaker(deviceId)
  }

  /**
   * Sets the volume of the agent's voice. iOS ignores it, because only the hardware buttons set the volume there.
   *
   * @param volume From 0 (silent) to 1.
   * @throws VoiceAgentError `invalid-option` for any other number.
   */
  setVolume(volume: number): void {
    this.#request(this.#core.actions.volumeRequested({ volume }))
  }

  /** Plays audio that the browser has blocked. Call it from a click. */
  async resumePlayback(): Promise<void> {
    this.#request(this.#core.actions.resumePlaybackRequested())
  }

  /** Starts the next reconnection attempt immediately. */
  retry(): void {
    this.#request(this.#core.actions.retryRequested())
  }

  /** Loads earlier messages. */
  loadEarlierMessages(): Promise<void> {
    const { request, track, present, actions } = this.#core
    return track(async () => {
      if (hasEarlierMessages(present())) await request(actions.earlierMessagesRequested())
    })
  }

  /** Ends the session, which stays stored, and starts an empty conversation. */
  newSession(): Promise<void> {
    return this.sessionManager.endSession()
  }

  /** Encrypts a stored session into one file. See {@link EnhancedSessionManager.exportSession}. */
  exportSession(...args: Parameters<EnhancedSessionManager['exportSession']>): Promise<Blob> {
    return this.sessionManager.exportSession(...args)
  }

  /** Stores the session from an exported file. See {@link EnhancedSessionManager.importSession}. */
  importSession(...args: Parameters<EnhancedSessionManager['importSession']>): Promise<SessionSummary> {
    return this.sessionManager.importSession(...args)
  }

  /**
   * Prepares the agent for the next user of this page, for example on sign-out. Ends the call, saves and releases the session,
   * drops the token and resets the state. The next `connect()` starts a new session. A root reset of your store does the
   * same, but does not change the scope.
   *
   * @param options Next user.
   * @param options.scope User whose conversations are stored, listed and restored from now on; null for no particular user.
   *   @default unchanged
   * @throws VoiceAgentError `invalid-option` if `persistence.storage` has no `reopen()`; nothing is changed then
   * @example
   * async function signIn(user: { id: string }) {
   *   await voiceAgent.agent.reset({ scope: user.id })
   *   await voiceAgent.sessionManager.restoreSession()
   * }
   */
  reset(options?: { scope?: string | null }): Promise<void> {
    return this.#core.request(this.#core.actions.resetRequested(options))
  }

  /**
   * Sets whether the user allows storing conversations in this browser.
   *
   * - `true`: the whole current conversation is stored, and so are later ones.
   * - `false`: nothing more is stored. The current conversation is deleted from the disk and continues in memory. Other stored
   *   conversations are kept, but can't be listed until the user agrees again. `sessionManager.eraseAll()` deletes them.
   *
   * The package doesn't remember the answer, so pass it as `persistence.consent` on each page load.
   *
   * @throws VoiceAgentError
   * - `erase-failed`: the conversation could not be deleted. Still, nothing more is stored.
   * - `session-exists`: another conversation is already stored under this one's id.
   * - `invalid-option`: `persistence` is false.
   */
  setConsent(consent: boolean): Promise<void> {
    return this.#core.request(this.#core.actions.consentChanged({ consent }))
  }

  /** For the package's own components. @internal */
  get component(): ComponentReports {
    return this.#core.component
  }

  /**
   * Calls the listener for each event of this name. Returns a function that removes it. A listener that throws affects no other.
   *
   * @example
   * const stop = agent.on('reconnecting', ({ attempt, delayMs }) => console.log(`Attempt ${attempt} in ${delayMs} ms`))
   */
  on<Name extends keyof VoiceAgentEvents>(name: Name, listener: VoiceAgentEvents[Name]): () => void {
    return this.#core.events.on(name, listener)
  }

  /** Calls the listener for the next event of this name only. Returns a function that removes it. */
  once<Name extends keyof VoiceAgentEvents>(name: Name, listener: VoiceAgentEvents[Name]): () => void {
    return this.#core.events.once(name, listener)
  }

  /** Removes a listener of `on` or `once`. Does nothing if there is no such listener. */
  off<Name extends keyof VoiceAgentEvents>(name: Name, listener: VoiceAgentEvents[Name]): void {
    this.#core.events.off(name, listener)
  }

  /**
   * Returns the session's statistics at this moment. Durations are in milliseconds.
   *
   * @example
   * const { messageCount, duration, tokenExpiresIn } = agent.getSessionStats()
   */
  getSessionStats(): SessionStats {
    this.#core.present()
    return this.#core.selectors.selectSessionStats(this.store.getState(), Date.now())
  }

  /** True if this session's call was cut off and is not being reconnected. */
  needsReconnection(): boolean {
    const { connection, session, stats } = this.#core.present()
    return session.id !== null && stats.isCutOff && !isCallWanted(connection.status)
  }

  /**
   * Describes the agent in one text to paste into an issue. It contains versions, states, counts, error codes, the latest actions by type and
   * time, types of network paths, and storage figures. It contains no conversation text, token, key, id, URL or address.
   *
   * @throws VoiceAgentError `chunk-load-failed`
   * @example navigator.clipboard.writeText(await voiceAgent.diagnose())
   */
  async diagnose(): Promise<string> {
    const { diagnose } = await importWithUnloadRetry(() => import('../agent/diagnose.js'))
    return diagnose(this.#core)
  }

  /**
   * Ends the call, saves pending changes and releases all resources. Pending requests reject with `disposed`, except `disconnect()`. If your
   * code ignores them, there is no unhandled rejection.
   */
  dispose(): Promise<void> {
    return this.#core.dispose()
  }

  #request(intent: Intent): void {
    this.#core.requestNow(intent)
  }
}
