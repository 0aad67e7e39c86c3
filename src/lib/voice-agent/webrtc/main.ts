import { configureStore, isAnyOf, type Store, type UnknownAction } from '@reduxjs/toolkit'
import {
  hasEarlierMessages,
  isCallWanted,
  type SessionStats,
  toVoiceAgentError,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentSelectors,
  type VoiceAgentState,
  type VoiceError,
} from '../../../../store/index.js'
import { type AgentCore, createAgentCore } from '../agent/agent-core.js'
import type { VoiceAgentEvents } from '../agent/agent-events.js'
import type { AudioDeviceList } from '../audio/audio-devices.js'
import type { AudioLevel, AudioSource } from '../audio/audio-level.js'
import { EnhancedSessionManager } from '../enhanced-session-manager.js'
import type { VoiceAgentOptions } from '../options/options.js'

const endedEarly = () => new VoiceAgentError('not-connected', 'The call was ended before it began.')

/** What of a store every agent has; one with a store of its own has a whole one. */
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
  /** How often a call was ended: one that still waits for its session is then not made. */
  #disconnects = 0

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
    return (
      this.#ownStore ?? {
        dispatch: dispatch as AgentStore['dispatch'],
        getState: getState as AgentStore['getState'],
      }
    )
  }

  /**
   * Starts the call. Resolves when the agent is ready to talk; at once when a call is on. While a session is being restored, by the page as
   * it begins or by `restoreSession`, the call waits for it and is one of that session.
   *
   * @throws VoiceAgentError with the reason why there is no call.
   */
  async connect(): Promise<void> {
    const { actions, next } = this.#core
    const asked = this.#disconnects
    while (this.#core.restoring) await this.#core.restoring.catch(() => undefined)
    if (asked !== this.#disconnects) throw endedEarly()
    if (this.#core.state().connection.status === 'connected') return
    const outcome = next(
      isAnyOf(
        actions.connectionEstablished,
        actions.connectionRecovered,
        actions.connectionFailed,
        actions.connectionClosed,
      ),
    )
    this.#dispatch(actions.connectRequested())
    const action = await outcome
    if (actions.connectionFailed.match(action)) throw toVoiceAgentError(action.payload.error)
    if (actions.connectionClosed.match(action)) throw endedEarly()
  }

  /** Ends the call; the session and its conversation stay. Resolves when they are saved. */
  async disconnect(): Promise<void> {
    this.#disconnects++
    this.#dispatch(this.#core.actions.disconnectRequested())
    await this.#core.middleware.persistence.flush()
  }

  /**
   * Says something by text. While the connection is being got back it is sent as soon as it is there; one that can't be sent then is taken
   * out of the conversation again, and `connection.error` says why.
   *
   * @throws VoiceAgentError `not-connected` when there is no call; `invalid-option`, with the limit, when the connection carries no message
   * as long as this. Nothing of it is in the conversation then.
   */
  sendText(text: string): void {
    if (text.trim() === '') return
    if (!isCallWanted(this.#core.state().connection.status)) throw new VoiceAgentError('not-connected')
    const { actions, listen } = this.#core
    const request = actions.sendTextRequested(text)
    let refusal: VoiceError | null = null as VoiceError | null
    const stop = listen((action) => {
      if (actions.textRefused.match(action) && action.payload.id === request.payload.id)
        refusal = action.payload.error
    })
    try {
      this.#dispatch(request)
    } finally {
      stop()
    }
    if (refusal) throw toVoiceAgentError(refusal)
  }

  /** Tells the agent something beside the conversation, such as what is in the cart. `data` must be JSON. */
  sendClientMessage(name: string, data: unknown): void {
    this.#dispatch(this.#core.actions.clientMessageRequested({ name, data }))
  }

  /** Makes the agent stop talking. What was heard stays, marked interrupted. */
  interrupt(): void {
    this.#dispatch(this.#core.actions.interruptRequested())
  }

  /** Silences the microphone without closing it. */
  mute(): void {
    this.#dispatch(this.#core.actions.muteRequested())
  }

  unmute(): void {
    this.#dispatch(this.#core.actions.unmuteRequested())
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
    this.#dispatch(this.#core.actions.microphoneRequested())
  }

  /**
   * Speaks into another microphone: at once during a call, without a new connection, and in the calls to come. One that can't be opened
   * leaves the one before it in use; `connection.deviceFallback` says so.
   *
   * @param deviceId One of `devices`; null for the system's default.
   */
  selectMicrophone(deviceId: string | null): void {
    this.#dispatch(this.#core.actions.selectMicrophoneRequested({ deviceId }))
  }

  /** Plays the agent's voice elsewhere, where the browser lets a page choose (`devices.get().canSelectSpeaker`). */
  selectSpeaker(deviceId: string | null): void {
    this.#dispatch(this.#core.actions.selectSpeakerRequested({ deviceId }))
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
    if (typeof volume !== 'number' || !(volume >= 0 && volume <= 1))
      throw new VoiceAgentError('invalid-option', `A volume is a number from 0 to 1, not ${volume}.`)
    this.#dispatch(this.#core.actions.volumeRequested({ volume }))
  }

  /** Plays what the browser had blocked. Call it from a click. */
  async resumePlayback(): Promise<void> {
    this.#dispatch(this.#core.actions.resumePlaybackRequested())
  }

  /** Makes the next attempt to reconnect now. */
  retry(): void {
    this.#dispatch(this.#core.actions.retryRequested())
  }

  /** Loads the messages before those loaded. */
  async loadEarlierMessages(): Promise<void> {
    const { actions, next } = this.#core
    const state = this.#core.state()
    if (state.session.id === null || !hasEarlierMessages(state)) return
    const answered = next(
      isAnyOf(
        actions.earlierMessagesLoaded,
        actions.storageStatusChanged,
        // Nobody wants them any more.
        actions.sessionEnded,
        actions.sessionRehydrated,
      ),
    )
    this.#dispatch(actions.earlierMessagesRequested())
    await answered
  }

  /** Ends the session, which stays stored, and begins with an empty conversation. */
  newSession(): Promise<void> {
    return this.sessionManager.endSession()
  }

  /** Gives the function that stops listening. */
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
    this.#core.state()
    return this.#core.selectors.selectSessionStats(this.store.getState(), Date.now())
  }

  /** Whether a call of this session was cut off and nothing is under way to bring it back. */
  needsReconnection(): boolean {
    const { connection, session, stats } = this.#core.state()
    if (isCallWanted(connection.status) || session.id === null) return false
    return connection.status === 'failed' || (stats.startedAt !== null && stats.endedAt === null)
  }

  /** Ends the call, saves what is unsaved, and frees all there is. */
  dispose(): Promise<void> {
    return this.#core.dispose()
  }

  #dispatch(action: UnknownAction): void {
    this.#core.middleware.dispatch(action)
  }
}
