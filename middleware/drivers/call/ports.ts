import type {
  AgentContinuation,
  ChosenDevices,
  ContextMessage,
  DeviceFallback,
  MicrophoneState,
  PlaybackState,
  ToolAnswer,
  VoiceError,
} from '../../../store/index.js'
import type { ToolDescription } from '../tools/ports.js'

/**
 * An event of a call, as plain data. The type is the name of the action that it becomes, with the same fields; the middleware adds the
 * time, and an id for the user's speech. A transport binds every event to its own connection.
 */
export type TransportEvent =
  | { type: 'userSpeechStarted' }
  | { type: 'userSpeechStopped' }
  /** A final transcript with empty text: the turn is over, and nobody transcribed it. */
  | { type: 'userTranscriptReceived'; text: string; final: boolean }
  | { type: 'assistantTurnStarted'; turnId: string }
  | { type: 'assistantTextAppended'; turnId: string; delta: string }
  /** The whole text so far, where the provider corrects what it sent before. */
  | { type: 'assistantTextReplaced'; turnId: string; text: string }
  | { type: 'assistantTurnCompleted'; turnId: string }
  | { type: 'assistantTurnInterrupted'; turnId: string }
  | { type: 'assistantSpeechStarted' }
  | { type: 'assistantSpeechStopped' }
  /** `disconnected` may heal; after `failed` and `closed` this connection carries nothing any more. */
  | { type: 'connectionState'; state: 'connected' | 'disconnected' | 'failed' | 'closed' }
  /** The agent calls a tool, the app's or its own; `name` is empty where the provider keeps it to itself. */
  | { type: 'toolCallStarted'; toolCallId: string; name: string; arguments: unknown }
  /** The agent's side is done with a call, or took it back. */
  | { type: 'toolCallStopped'; toolCallId: string; cancelled: boolean }
  /** The agent hung up on purpose. */
  | { type: 'agentLeft' }
  | { type: 'agentErrorReported'; error: VoiceError; fatal: boolean }
  /** A message that could not be read, or, `unknown`, one of a type that nobody knows: counted, and ignored. */
  | { type: 'protocolError'; why: 'malformed' | 'unknown' }
  /** For transports that bring their own media, such as a scripted one. */
  | { type: 'microphoneChanged'; microphone: MicrophoneState }
  | { type: 'playbackChanged'; playback: PlaybackState }
  /** How loud a voice is, from 0 to 1. It reaches `useAudioLevel`, and never the store. */
  | { type: 'audioLevel'; source: 'microphone' | 'agent'; level: number }

/** The events that a connection passes on: each but a protocol error is an action's name and payload. */
export type ReportedEvent =
  | Exclude<TransportEvent, { type: 'connectionState' | 'agentLeft' | 'audioLevel' | 'agentErrorReported' }>
  | { type: 'agentErrorReported'; error: VoiceError }

/** What the user or the app sends to the agent. */
export type ClientMessage =
  | { type: 'text'; id: string; text: string }
  | { type: 'interrupt' }
  | { type: 'client-message'; name: string; data: unknown }
  /** What a tool answers. `arguments` are the agent's own, which some providers want back. */
  | { type: 'tool-answer'; toolCallId: string; name: string; arguments: unknown; answer: ToolAnswer }

/** What a transport gets of the page's media: one per connection, made on demand. */
export interface PeerRequest {
  /** Label of the data channel that the client opens; null for a connection without one. */
  dataChannel: string | null
  signal: AbortSignal
  onMessage(text: string): void
}

/** One `RTCPeerConnection` with the microphone's track, the audio output and, where one was asked for, a data channel attached. */
export interface Peer {
  /** @param options `iceRestart`: of the same connection over new paths; candidates are then held until somebody asks for them again. */
  createOffer(options?: { iceRestart: boolean }): Promise<RTCSessionDescriptionInit>
  acceptAnswer(answer: RTCSessionDescriptionInit): Promise<void>
  /** Candidates gathered from now on, and those gathered before; `null` at the end. */
  onCandidate(listener: (candidate: RTCIceCandidate | null) => void): void
  /** STUN and TURN servers beside the app's own, for candidates gathered from the next offer on. */
  addIceServers(servers: readonly RTCIceServer[]): void
  /** Resolves when the peers are connected and the data channel, if there is one, is open; rejects with `agent-unreachable`, `relay-refused` or `relay-unreachable`. */
  opened(timeoutMs: number): Promise<void>
  /** Lets the microphone through: a connection begins with silence, until the agent has its configuration and history. */
  openMicrophoneGate(): void
  /** @throws VoiceAgentError `invalid-option` for a text of more bytes than the data channel carries in one message. */
  send(text: string): void
  /** Packets of sound that have come from the agent so far. */
  packetsReceived(): Promise<number>
  close(): void
}

/** What a transport is handed when it is made: one transport per connection. */
export interface TransportHost {
  apiEndpoint: string
  /** What is no event is recorded as a `protocolError`, and changes nothing else. */
  emit(event: TransportEvent): void
  /** Opens the microphone, where that is wanted, and a peer connection. Not called by transports with media of their own. */
  openPeer(request: PeerRequest): Promise<Peer>
}

/** What a connection starts from. */
export interface ConnectRequest {
  token: string
  /** The agent session that the token stands for. */
  sessionId: string
  /** Whether there was a call in this session before: the agent may still have it. */
  resume: boolean
  /** The last messages, for an agent that has forgotten. */
  context: ContextMessage[]
  /** What of the app the agent may call. */
  tools: ToolDescription[]
  signal: AbortSignal
}

/**
 * The one port between the middleware and a provider: signalling, and the translation of the provider's events.
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
   * Resolves when the agent is ready to talk, with how it continued; anything else ends the call with `invalid-option`.
   * Rejects with a `VoiceAgentError`: `unauthorized` has the token refreshed once, `recoverable: false` is final.
   */
  connect(request: ConnectRequest): Promise<AgentContinuation>
  /** Throws what it can't send: a text is then taken out of the conversation again. */
  send(message: ClientMessage): void
  /**
   * Mends an established connection that has gone silent: an ICE restart of the same peer connection. Resolves once the same agent has
   * been heard over it again; rejects, within a time limit of its own, where only a new connection can help. Left out by transports that can't.
   */
  restartIce?(request: { token: string; signal: AbortSignal }): Promise<void>
  /** Ends the connection and frees all it holds. Emits nothing any more. */
  close(): void
}

/** Makes the transport of one connection. */
export type VoiceTransportFactory = (host: TransportHost) => VoiceTransport

/** The page's audio: devices, levels, and the media of one call at a time. */
export interface AgentMedia {
  /** Begins the media of a call with the devices chosen for it, and ends those of an earlier call. Opens nothing yet. */
  begin(devices: ChosenDevices, listener: MediaListener): CallMedia
  /** Ends the media of the call. Those of a later `begin()` have ended already. */
  dispose(): void
}

/** Microphone, speaker and peers of one call. After `end()` nothing can be opened on it, and its listener is not called. */
export interface CallMedia {
  /**
   * Resolves to a peer with the microphone attached, and opens the microphone if it was not opened in this call. A second call shares
   * the prompt that the first one waits for. Rejects if the request is aborted or the call has ended, even while the prompt is up:
   * with the signal's reason, else with `disposed`.
   *
   * @throws VoiceAgentError `invalid-option` if the browser refuses the configured ICE servers.
   */
  openPeer(
    request: PeerRequest & { onState(state: 'connected' | 'disconnected' | 'failed' | 'closed'): void },
  ): Promise<Peer>
  /** Applies to the microphone that is open, and to every one that opens later in this call. */
  setMuted(muted: boolean): void
  /** Asks for the microphone again after an error. Does nothing before the first `openPeer()`. */
  retryMicrophone(): Promise<void>
  /** Switches without a new offer; null selects the system's default. The last choice wins. */
  selectMicrophone(deviceId: string | null): Promise<void>
  selectSpeaker(deviceId: string | null): Promise<void>
  /** From 0 to 1. */
  setVolume(volume: number): void
  /** Shows a level that a transport with its own media has measured. Ignores unknown sources. */
  reportLevel(source: 'microphone' | 'agent', level: number): void
  /** Reads the counters of the peer opened last; null if there is none. */
  readNetwork(): Promise<NetworkReading | null>
  resumePlayback(): Promise<void>
  /**
   * Stops the microphone, the sound and every peer. Then tells the listener `off` and `idle` if it had told it otherwise, and nothing
   * after that. Calling it again does nothing.
   */
  end(): void
}

/** What the media tell of themselves. */
export interface MediaListener {
  onMicrophone(microphone: MicrophoneState, error?: VoiceError): void
  onPlayback(playback: PlaybackState): void
  /** `deviceId`: what is used instead; null for the system's default. */
  onFallback(fallback: DeviceFallback, deviceId: string | null): void
}

/** Counters of one peer connection, from its beginning. */
export interface NetworkReading {
  /** Another one counts from nothing again. */
  connection: number
  /** Milliseconds since the epoch. */
  at: number
  /** Null where nobody has measured it yet. */
  roundTripMs: number | null
  jitterMs: number | null
  /** Packets of sound. */
  packetsReceived: number
  packetsLost: number
  packetsSent: number
  /** Of those sent, as the other side counts them. */
  remotePacketsLost: number
  /** Of sound, without headers. */
  bytesReceived: number
  bytesSent: number
  /** Of anything at all: the agent may be silent while the connection is well. */
  transportBytesReceived: number
}

/** Whether anybody can see the page. */
export interface Visibility {
  isVisible(): boolean
  /** Gives the function that stops it. */
  onChange(listener: () => void): () => void
}

/** When the screen is drawn next. */
export interface FrameScheduler {
  /** Runs once before the next frame, soon also where none is drawn. One is waited for at a time. */
  request(run: () => void): void
  /** Lets go of what waits, and of the page. */
  stop(): void
}

/** How likely it is that an attempt to connect comes to something. */
export interface Network {
  /** What the browser says: `true` is a guess, and `false` may be wrong as well, for there may be a way that it does not count. */
  isOnline(): boolean
  /** Calls when the network is back, or the page is awake again. Gives the function that stops it. */
  onWake(listener: () => void): () => void
  /** Watches for the end of the page; only during a call, because a page that listens to it is kept out of the back/forward cache. */
  watchPageExit(): PageExit
}

/** Whether the page is about to go: browsers then cut requests off, which says nothing of the agent. */
export interface PageExit {
  /** Milliseconds until it is clear that the page stays after all; 0 while nobody leaves it, `Infinity` once it is gone. */
  remainingMs(): number
  stop(): void
}
