import { configureStore, type Store } from '@reduxjs/toolkit'
import {
  hasEarlierMessages,
  type Intent,
  isCallWanted,
  type SessionStats,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { type AgentCore, createAgentCore } from '../agent/agent-core.js'
import type { VoiceAgentEvents } from '../agent/agent-events.js'
import type { AudioDeviceList } from '../audio/audio-devices.js'
import type { AudioLevel, AudioSource } from '../audio/audio-level.js'
import { EnhancedSessionManager } from '../enhanced-session-manager.js'
import type { VoiceAgentOptions } from '../options/options.js'

/** The parts of a store that every agent has. An agent with a store of its own has all of it. */
export type AgentStore = Pick<Store<Record<string, VoiceAgentState>>, 'dispatch' | 'getState'> &
  Partial<Pick<Store, 'subscribe'>>

/**
 * One voice agent: start, talk, end. Made by `createVoiceAgent` it lives in the app's store; made with `new`, in its own.
 *
 * @example
 * const agent = new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent' })
 * agent.on('sessionRestored', ({ messages }) => console.log(`${messages.length} messages are back.`))
 * await agent.connect()
 */
export class WebRTCVoiceAgent {
  readonly sessionManager: EnhancedSessionManager
  readonly #core: AgentCore
  readonly #ownStore: Store<Record<string, VoiceAgentState>> | undefined

  /**
   * @param core Given by `createVoiceAgent` only.
   * @throws VoiceAgentError `invalid-option`
   */
  constructor(options: VoiceAgentOptions, core?: AgentCore) {
    this.#core = core ?? createAgentCore(options)
    this.sessionManager = new EnhancedSessionManager(this.#core)
    if (!core) {
      const { reducer, middleware, options: resolved } = this.#core
      this.#ownStore = configureStore({
        reducer: { [resolved.reducerPath]: reducer },
        middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(middleware.middleware),
      })
    }
  }

  get actions(): VoiceAgentActions {
    return this.#core.actions
  }

  get selectors(): VoiceAgentSelectors {
    return this.#core.selectors
  }

  /** The store it lives in. Only one of its own can be subscribed to here; an app has its store at hand. */
  get store(): AgentStore {
    const { dispatch, getState } = this.#core.middleware
    return this.#ownStore ?? ({ dispatch, getState } as AgentStore)
  }

  /**
   * Starts the call. Resolves when the agent is ready to talk; at once when a call is on. While a session is being restored, by the page as
   * it begins or by `restoreSession`, the call waits for it and is one of that session.
   *
   * @throws VoiceAgentError with the reason why there is no call.
   */
  connect(): Promise<void> {
    return this.#core.middleware.request(this.#core.actions.connectRequested())
  }

  /** Ends the call; the session and its conversation stay. Resolves when they are saved. */
  disconnect(): Promise<void> {
    return this.#core.middleware.request(this.#core.actions.disconnectRequested())
  }

  /**
   * Sends a typed text. While the connection is being restored the text waits for it, marked as unsent; one that the transport refuses
   * is removed from the conversation, and `connection.error` says why. A blank text does nothing.
   *
   * @throws VoiceAgentError `not-connected` when there is no call; `invalid-option`, with the limit, when the connection carries no message
   * as long as this. Nothing of it is in the conversation then.
   */
  sendText(text: string): void {
    if (text.trim() !== '') this.#request(this.#core.actions.sendTextRequested(text))
  }

  /**
   * Tells the agent something beside the conversation, such as the contents of the cart. `data` must be JSON.
   *
   * @throws VoiceAgentError `not-connected` when there is no call.
   */
  sendClientMessage(name: string, data: unknown): void {
    const { middleware, actions } = this.#core
    if (!isCallWanted(middleware.present().connection.status)) throw new VoiceAgentError('not-connected')
    // A message that the transport refuses is reported as `connection.error`.
    middleware.request(actions.clientMessageRequested({ name, data })).catch(() => undefined)
  }

  /** Makes the agent stop talking. The words that were heard stay, marked interrupted. Does nothing without a call. */
  interrupt(): void {
    const { middleware, actions } = this.#core
    if (isCallWanted(middleware.present().connection.status)) this.#request(actions.interruptRequested())
  }

  /** Silences the microphone without closing it. */
  mute(): void {
    this.#request(this.#core.actions.muteRequested())
  }

  unmute(): void {
    this.#request(this.#core.actions.unmuteRequested())
  }

  /** The microphones and speakers there are. Nobody is asked for anything; before the microphone was allowed they have no names. */
  get devices(): AudioDeviceList {
    return this.#core.media.devices
  }

  /** How loud a voice is at the moment, frame by frame. Never in the store. */
  audioLevel(source: AudioSource): AudioLevel {
    return this.#core.media.level(source)
  }

  /** Asks for the microphone again after trouble with it. Call it from a click. */
  retryMicrophone(): void {
    this.#request(this.#core.actions.microphoneRequested())
  }

  /**
   * Speaks into another microphone: at once during a call, without a new connection, and in the calls to come. One that can't be opened
   * leaves the one before it in use; `connection.deviceFallback` says so.
   *
   * @param deviceId One of `devices`; null for the system's default.
   */
  selectMicrophone(deviceId: string | null): void {
    this.#request(this.#core.actions.selectMicrophoneRequested({ deviceId }))
  }

  /** Plays the agent's voice elsewhere, where the browser lets a page choose (`devices.get().canSelectSpeaker`). */
  selectSpeaker(deviceId: string | null): void {
    this.#request(this.#core.actions.selectSpeakerRequested({ deviceId }))
  }

  /** Lets the person choose a speaker from the browser's own list (`devices.get().canPromptForSpeaker`). Call it from a click. */
  async promptForSpeaker(): Promise<void> {
    const deviceId = await this.#core.media.promptForSpeaker()
    if (deviceId === null) return
    await this.devices.refresh()
    this.selectSpeaker(deviceId)
  }

  /**
   * How loud the agent's voice is played. iOS leaves that to the buttons of the device, and ignores it.
   *
   * @param volume From 0, silent, to 1.
   * @throws VoiceAgentError `invalid-option` for any other number.
   */
  setVolume(volume: number): void {
    this.#request(this.#core.actions.volumeRequested({ volume }))
  }

  /** Plays what the browser had blocked. Call it from a click. */
  async resumePlayback(): Promise<void> {
    this.#request(this.#core.actions.resumePlaybackRequested())
  }

  /** Makes the next attempt to reconnect now. */
  retry(): void {
    this.#request(this.#core.actions.retryRequested())
  }

  /** Loads the messages before those loaded. */
  async loadEarlierMessages(): Promise<void> {
    const { actions, middleware } = this.#core
    if (hasEarlierMessages(middleware.present())) await middleware.request(actions.earlierMessagesRequested())
  }

  /** Ends the session, which stays stored, and begins with an empty conversation. */
  newSession(): Promise<void> {
    return this.sessionManager.endSession()
  }

  /**
   * For the next user of this page, on sign-out for example: ends the call, saves and releases the session, forgets the token and puts the
   * state back to the beginning. The next `connect()` begins a new session. Replacing the whole state of the store does the same.
   *
   * @example
   * async function signOut() {
   *   await voiceAgent.agent.reset()
   *   store.dispatch(signedOut())
   * }
   */
  reset(): Promise<void> {
    return this.#core.middleware.request(this.#core.actions.resetRequested())
  }

  /** Returns an unsubscribe function. */
  on<Name extends keyof VoiceAgentEvents>(name: Name, listener: VoiceAgentEvents[Name]): () => void {
    return this.#core.events.on(name, listener)
  }

  once<Name extends keyof VoiceAgentEvents>(name: Name, listener: VoiceAgentEvents[Name]): () => void {
    return this.#core.events.once(name, listener)
  }

  off<Name extends keyof VoiceAgentEvents>(name: Name, listener: VoiceAgentEvents[Name]): void {
    this.#core.events.off(name, listener)
  }

  getSessionStats(): SessionStats {
    this.#core.middleware.present()
    return this.#core.selectors.selectSessionStats(this.store.getState(), Date.now())
  }

  /** Whether a call of this session was cut off, and nothing is being done to restore it. */
  needsReconnection(): boolean {
    const { connection, session, stats } = this.#core.middleware.present()
    return session.id !== null && stats.isCutOff && !isCallWanted(connection.status)
  }

  /** Ends the call, saves what is unsaved, and frees all there is. */
  dispose(): Promise<void> {
    return this.#core.dispose()
  }

  #request(intent: Intent): void {
    this.#core.middleware.requestNow(intent)
  }
}
