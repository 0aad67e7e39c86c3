import type {
  AgentContinuation,
  AgentMessage,
  ChosenDevices,
  ContextMessage,
  DeviceFallback,
  MicrophoneState,
  PlaybackState,
  TalkMode,
  ToolAnswer,
  VoiceError,
} from '../../../store/index.js'
import type { Warning } from '../../warnings.js'
import type { ToolDescription } from '../tools/ports.js'

/**
 * An event of a call, as plain data. It has the name and the fields of the action that it becomes. The middleware adds the time, and
 * an id for the user's speech. A transport binds every event to its own connection.
 */
export type TransportEvent =
  /** `turnId`, here and below: the provider's own id of the user's turn, if it gives one. Without it, words are taken in their order. */
  | { type: 'userSpeechStarted'; turnId?: string }
  | { type: 'userSpeechStopped'; turnId?: string }
  /** A turn may have several final transcripts. One with empty text: the turn is over, and was not transcribed. */
  | { type: 'userTranscriptReceived'; text: string; final: boolean; turnId?: string }
  | { type: 'assistantTurnStarted'; turnId: string }
  | { type: 'assistantTextAppended'; turnId: string; delta: string }
  /** The whole text so far, for a provider that corrects its earlier text. */
  | { type: 'assistantTextReplaced'; turnId: string; text: string }
  | { type: 'assistantTurnCompleted'; turnId: string }
  | { type: 'assistantTurnInterrupted'; turnId: string }
  | { type: 'assistantSpeechStarted' }
  | { type: 'assistantSpeechStopped' }
  /** `disconnected` may recover. A connection that is `failed` or `closed` carries nothing. */
  | { type: 'connectionState'; state: 'connected' | 'disconnected' | 'failed' | 'closed' }
  /**
   * The agent calls a tool, the app's or its own; `name` is empty where the provider keeps it to itself. A call that comes before `connect`
   * resolves waits for that: no tool runs for an agent that is not reached.
   */
  | { type: 'toolCallStarted'; toolCallId: string; name: string; arguments: unknown }
  /** A call of the agent's own tool, started before, waits for the user. The decision is sent as `tool-approval`. */
  | { type: 'toolApprovalNeeded'; toolCallId: string }
  /** The agent's side is done with a call, or took it back. `failed`: a tool of the agent's own has failed. */
  | { type: 'toolCallStopped'; toolCallId: string; cancelled: boolean; failed?: boolean }
  /**
   * The agent has received all texts up to this one, by the ids that `send` got; null for none of this session. An agent that resumes a
   * session tells it before `connect` resolves: later texts are then sent again. Left out by providers that don't acknowledge texts.
   */
  | { type: 'textsAcknowledged'; lastTextId: string | null }
  /**
   * The agent hung up on purpose. `moved`: the session continues on another device of the user. The call then fails with `call-moved`, and
   * does not reconnect until the user asks for it.
   */
  | { type: 'agentLeft'; reason?: 'moved' }
  /**
   * The provider ends this connection in `inMs` milliseconds, as by a longest duration. Another one replaces it before, without an error.
   * It is replaced in a pause of the conversation within the last 5 minutes, or the second half of a shorter time. Without a pause, it
   * is replaced 3 s before the end. The agent gets the context, as after a loss.
   */
  | { type: 'endAnnounced'; inMs: number }
  | { type: 'agentErrorReported'; error: VoiceError; fatal: boolean }
  /** A message of the agent's server for the app, as plain JSON: at most 65,536 characters, and 64 levels. */
  | ({ type: 'agentMessageReceived' } & AgentMessage)
  /** A message that could not be read, or one of an unknown type: counted, and ignored. */
  | { type: 'protocolError'; why: 'malformed' | 'unknown' }
  /** For transports that bring their own media, such as a scripted one. */
  | { type: 'microphoneChanged'; microphone: MicrophoneState }
  | { type: 'playbackChanged'; playback: PlaybackState }
  /** How loud a voice is, from 0 to 1. It reaches `useAudioLevel`, and never the store. */
  | { type: 'audioLevel'; source: 'microphone' | 'agent'; level: number }

/** The events that a connection passes on: each but a protocol error is an action's name and payload. */
export type ReportedEvent =
  | Exclude<
      TransportEvent,
      { type: 'connectionState' | 'agentLeft' | 'endAnnounced' | 'audioLevel' | 'agentErrorReported' }
    >
  | { type: 'agentErrorReported'; error: VoiceError }

/** A message of the user or the app to the agent. */
export type ClientMessage =
  | { type: 'text'; id: string; text: string }
  | { type: 'interrupt' }
  | { type: 'client-message'; name: string; data: unknown }
  /**
   * The answer of a tool. `arguments` are the agent's own, which some providers want back.
   * `isLate`: the agent no longer waits for it. It was told that the outcome is not known yet, or knows of the call only by its context.
   * `isQuiet`: the user interrupted the agent, so it should not speak because of it.
   * An agent that resumes may be told an answer twice: it can ignore the second one with the same `toolCallId` and `isLate`.
   */
  | {
      type: 'tool-answer'
      toolCallId: string
      name: string
      arguments: unknown
      answer: ToolAnswer
      isLate?: true
      isQuiet?: true
    }
  /** The user's decision on a call of the agent's own tool, for which `toolApprovalNeeded` was emitted. */
  | { type: 'tool-approval'; toolCallId: string; isApproved: boolean }

/** A transport's request for a peer connection: one per connection, made on demand. */
export interface PeerRequest {
  /** Label of the data channel that the client opens; null for a connection without one. */
  dataChannel: string | null
  /**
   * Directions of sound, as seen from here. `recvonly` neither opens the microphone nor sends it; `sendonly` plays nothing.
   *
   * @default 'sendrecv'
   */
  direction?: 'sendrecv' | 'sendonly' | 'recvonly'
  /** STUN and TURN servers of this connection, beside those of the app and of the token. */
  iceServers?: readonly RTCIceServer[]
  signal: AbortSignal
  onMessage(text: string): void
}

/** One `RTCPeerConnection` with the microphone's track, the audio output and, if one was requested, a data channel. */
export interface Peer {
  /**
   * Creates an offer. `iceRestart` restarts the same connection over new paths; candidates are then held until they are requested again.
   * The app's and the token's ICE servers are read again.
   */
  createOffer(options?: { iceRestart: boolean }): Promise<RTCSessionDescriptionInit>
  acceptAnswer(answer: RTCSessionDescriptionInit): Promise<void>
  /** Reports candidates gathered from now on, and those gathered before; `null` at the end. */
  onCandidate(listener: (candidate: RTCIceCandidate | null) => void): void
  /** Adds STUN and TURN servers to the app's own, for candidates gathered from the next offer on. */
  addIceServers(servers: readonly RTCIceServer[]): void
  /**
   * Resolves when the peers are connected and the data channel, if there is one, is open. Rejects with `agent-unreachable`,
   * `relay-refused` or `relay-unreachable`.
   */
  opened(timeoutMs: number): Promise<void>
  /** Sends the microphone's sound. A connection begins with silence, until the agent has its configuration and history. */
  openMicrophoneGate(): void
  /**
   * Sends a text, and returns false if the data channel is not open.
   *
   * @param id Names the message for `undelivered()`.
   * @throws VoiceAgentError `text-too-long` for a text of more bytes than the data channel carries in one message.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a stand-in in a test returns nothing.
  send(text: string, id?: string): boolean | void
  /** Ids of the messages whose end is still in the buffer of the data channel. */
  undelivered?(): readonly string[]
  /** Packets of sound received from the agent so far. */
  packetsReceived(): Promise<number>
  /**
   * A number that grows while anything arrives from the other side: sound, messages, acknowledgements of messages (SCTP), and answers to
   * checks of the path (STUN). It stands still only if the peer or the path is dead, not if the agent is silent.
   */
  signsOfLife(): Promise<number>
  close(): void
}

/** A request for the user's voice, by a transport with media of its own. */
export interface MicrophoneRequest {
  /** Ends the use of the microphone for this connection: `onTrack` is not called afterwards. */
  signal: AbortSignal
  /** Another track takes the place of the one before, because the user chose another device; null while there is none. */
  onTrack(track: MediaStreamTrack | null): void
}

/** One text that a transport keeps for the next connection of its session, also after a reload of the tab. */
export interface TransportMemo {
  /** Null before the first `set`. */
  get(): string | null
  /** Stores it encrypted, together with the tab's token. Null removes it. A text of more than 4,096 characters is not stored. */
  set(text: string | null): void
}

/** The page and the middleware as a transport sees them: one transport per connection. */
export interface TransportHost {
  /** Tells the developer about the setup of the server: printed once, and during development only. */
  warn?(warning: Warning): void
  apiEndpoint: string
  /** Reports an event. An invalid one is recorded as a `protocolError`, and changes nothing else. */
  emit(event: TransportEvent): void
  /** Text of the connection before, such as an id by which the server finds the same agent again. It ends with the session. */
  memo: TransportMemo
  /** Opens the microphone, if it is wanted, and a peer connection. Transports with their own media do not call it. */
  openPeer(request: PeerRequest): Promise<Peer>
  /**
   * Returns a token of this session that is valid now: the one of `connect` may have expired.
   *
   * @param options.renew True if the server has refused the present token. @default false
   */
  getToken(signal: AbortSignal, options?: { renew: boolean }): Promise<string>
  /**
   * Opens the microphone for a transport with media of its own. Call it when the agent may hear the user. Resolves to null without a microphone.
   *
   * The package mutes and closes the track, and switches the device, so that the state is true. Send the track as it is, and never stop or
   * clone it.
   */
  openMicrophone(request: MicrophoneRequest): Promise<MediaStreamTrack | null>
  /** Plays the agent's voice with the user's speaker and volume. The track stays the transport's. */
  play(track: MediaStreamTrack): void
}

/** Input of a connection. */
export interface ConnectRequest {
  token: string
  /** Agent session that the token stands for. */
  sessionId: string
  /** Address of the agent that came with the token; left out if none did. */
  url?: string
  /** True if there was a call in this session before: the agent may still have it. */
  resume: boolean
  /** The last messages, for an agent without memory. */
  context: ContextMessage[]
  /** Tools of the app that the agent may call. */
  tools: ToolDescription[]
  /**
   * Set while another tab of the user has the agent (`redux-voice-agent/mirror`). The agent moves to this connection at the end of a sentence, and
   * `connect` resolves then. Set only if `canHandOver` of that tab's transport said so.
   */
  isHandover?: true
  signal: AbortSignal
}

/**
 * Connects the middleware to a provider: signalling, and the translation of the provider's events.
 *
 * @example
 * const echo: VoiceTransportFactory = ({ emit }) => ({
 *   async connect() { return 'fresh' },
 *   send(message) { if (message.type === 'text') emit({ type: 'userTranscriptReceived', text: message.text, final: true }) },
 *   close() {},
 * })
 */
export interface VoiceTransport {
  /**
   * Resolves when the agent is ready to talk, with its memory of the session; any other value ends the call with `invalid-option`.
   * Rejects with a `VoiceAgentError`: after `unauthorized` the token is refreshed once, `recoverable: false` is final.
   */
  connect(request: ConnectRequest): Promise<AgentContinuation>
  /**
   * Throws if it can't send the message; a text is then removed from the conversation, or marked as not sent if it has waited. Returns
   * false if nothing can be sent now: the message waits for a connection.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most transports return nothing.
  send(message: ClientMessage): boolean | void
  /**
   * Ids of texts that were passed to `send` and certainly have not left this page, such as those in the buffer of a data channel. Read when
   * the connection is lost: they are sent over the next one. Left out by transports that don't know.
   */
  undelivered?(): readonly string[]
  /**
   * Recovers an established connection that has gone silent, by an ICE restart of the same peer connection.
   * Resolves when the same agent has been heard over it again. Rejects, within a time limit of its own, if only a new connection can
   * help.
   * Left out by transports that can't do this.
   */
  restartIce?(request: { token: string; signal: AbortSignal }): Promise<void>
  /**
   * True if the agent of this connection can move to another tab at the end of a sentence, see `isHandover`. Left out by transports whose
   * provider can't: a call is then interrupted while it moves.
   */
  canHandOver?(): boolean
  /**
   * Called before `close()` if the user has ended the call: tells the agent that it need not wait for a reconnection. Not called when the
   * page goes or the connection is lost. Left out by transports that have nothing to tell.
   */
  endOnPurpose?(): void
  /** Ends the connection and releases its resources. Emits nothing afterwards. */
  close(): void
}

/** The peer connection that every connection of a transport begins with. */
export type PeerShape = Pick<PeerRequest, 'dataChannel' | 'direction'>

/** Creates the transport of one connection. */
export interface VoiceTransportFactory {
  (host: TransportHost): VoiceTransport
  /**
   * Set it if each connection calls `openPeer` with these fields: the microphone and the peer connection then open beside the token and the
   * session. A request with other fields gets a peer connection of its own.
   *
   * @default none: nothing is opened before `connect`
   */
  peer?: PeerShape
}

/** The page's audio: devices, levels, and the media of one call at a time. */
export interface AgentMedia {
  /** Begins the media of a call with the devices chosen for it, and ends those of an earlier call. Opens nothing yet. */
  begin(devices: ChosenDevices, listener: MediaListener): CallMedia
  /** Makes the peer connection of the next call, which is likely, without a microphone. Left out by media that have none. */
  warmUp?(shape: PeerShape): void
  /** No call follows. */
  coolDown?(): void
  /** Ends the media of the current call. Media of a later `begin()` are ended from the start. */
  dispose(): void
}

/** Microphone, speaker and peers of one call. After `end()` nothing can be opened on it, and its listener is not called. */
export interface CallMedia {
  /**
   * Resolves to a peer that sends the microphone. Opens the microphone if it was not opened in this call, unless the user only types. While the
   * browser asks the user, no peer is opened; a permitted device opens beside the connection, and `opened()` waits for it.
   * A second call shares the prompt that the first one waits for. Rejects if the request is aborted or the call has ended, even while the prompt is up:
   * with the signal's reason, else with `disposed`.
   *
   * @throws VoiceAgentError `invalid-option` if the browser refuses the configured ICE servers.
   */
  openPeer(
    request: PeerRequest & {
      onState(state: 'connected' | 'disconnected' | 'failed' | 'closed'): void
      /** Servers of this connection at an ICE restart. @default `iceServers` */
      currentIceServers?(): readonly RTCIceServer[]
    },
  ): Promise<Peer>
  /**
   * Opens the microphone, and makes the peer connection of the first `openPeer()` with the same fields. Reports no error of the peer
   * connection: `openPeer()` does. Left out by media that have nothing to prepare.
   */
  preparePeer?(shape: PeerShape): void
  /** Opens the microphone as `openPeer` does, without a peer. */
  openMicrophone(request: MicrophoneRequest): Promise<MediaStreamTrack | null>
  /** Plays a voice in place of the one before. */
  play(track: MediaStreamTrack): void
  /** Applies to the microphone that is open, and to every one that opens later in this call. */
  setMuted(muted: boolean): void
  /** Changes how the user talks: `text` closes the microphone, any other mode opens it if the call has a peer. */
  setTalkMode(talk: TalkMode): void
  /** Opens or closes the gate of push to talk; no other mode has one. */
  setTalking(isTalking: boolean): void
  /** Requests the microphone again after an error. Does nothing before the first `openPeer()`. */
  retryMicrophone(): Promise<void>
  /** Switches without a new offer; null selects the system's default. The last choice wins. */
  selectMicrophone(deviceId: string | null): Promise<void>
  selectSpeaker(deviceId: string | null): Promise<void>
  /** Sets the volume, from 0 to 1. */
  setVolume(volume: number): void
  /** Shows a level that a transport with its own media has measured. Ignores unknown sources. */
  reportLevel(source: 'microphone' | 'agent', level: number): void
  /** Reads the counters of the peer opened last; null if there is none. */
  readNetwork(): Promise<NetworkReading | null>
  resumePlayback(): Promise<void>
  /**
   * Stops the microphone, the sound and every peer. Then reports `off` and `idle` to the listener, unless it knows, and nothing
   * after that. Calling it again does nothing.
   */
  end(): void
}

/** Receives the reports of the media. */
export interface MediaListener {
  onMicrophone(microphone: MicrophoneState, error?: VoiceError): void
  onPlayback(playback: PlaybackState): void
  /** `deviceId`: the device that is used instead; null for the system's default. */
  onFallback(fallback: DeviceFallback, deviceId: string | null): void
}

/** Counters of one peer connection since its beginning. */
export interface NetworkReading {
  /** Number of the connection: the counters of another one begin at 0 again. */
  connection: number
  /** Milliseconds since the epoch. */
  at: number
  /** Null until it was measured. */
  roundTripMs: number | null
  jitterMs: number | null
  /** Loudness of the agent so far, squared and summed over seconds; 0 if the browser does not measure it. Speech adds about 0.01 a second. */
  soundEnergy: number
  /** Packets of sound. */
  packetsReceived: number
  packetsLost: number
  packetsSent: number
  /** Packets of sound sent and lost, as the other side counts them. */
  remotePacketsLost: number
  /** Bytes of sound, without headers. */
  bytesReceived: number
  bytesSent: number
  /** Bytes of any kind: the agent may be silent while the connection works. */
  transportBytesReceived: number
}

/** Visibility of the page, and of its small window. */
export interface Visibility {
  isVisible(): boolean
  /** Returns an unsubscribe function. */
  onChange(listener: () => void): () => void
}

/** Schedules work for the next frame, at most 30 times a second. */
export interface FrameScheduler {
  /** Runs once before one of the next frames, or soon if none is drawn. One request waits at a time. */
  request(run: () => void): void
  /** Drops a waiting request, and stops listening to the page. */
  stop(): void
}

/** Estimates if an attempt to connect can succeed. */
export interface Network {
  /** The browser's own answer. Neither value is reliable: `true` is a guess, and `false` may miss a path. */
  isOnline(): boolean
  /** Calls when the network is back, or the page is awake again. Returns an unsubscribe function. */
  onWake(listener: () => void): () => void
  /** Watches for the end of the page; only during a call, because a page that listens to it is kept out of the back/forward cache. */
  watchPageExit(): PageExit
}

/** Detects that the page is about to close: browsers then cut requests off, which says nothing about the agent. */
export interface PageExit {
  /** Milliseconds until it is clear that the page stays; 0 if it is not closing, `Infinity` when it has closed. */
  remainingMs(): number
  stop(): void
}
