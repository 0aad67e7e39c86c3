import type {
  AgentContinuation,
  AgentMessage,
  ContextMessage,
  MicrophoneState,
  PlaybackState,
  ToolAnswer,
  VoiceError,
} from '../../../store/index.js'
import type { Warning } from '../../warnings.js'
import type { ToolDescription } from '../tools/ports.js'

/**
 * An event of a call, as plain data, with the name and fields of the action that it becomes. The middleware adds the time, and
 * an id for the user's speech. Every event is bound to the connection of its transport.
 */
export type TransportEvent =
  /** `turnId`, here and below: the provider's own id for the user's turn, if it sends one. Without it, transcripts are matched to turns in order. */
  | { type: 'userSpeechStarted'; turnId?: string }
  | { type: 'userSpeechStopped'; turnId?: string }
  /** A turn may have several final transcripts. An empty final transcript means that the turn ended without being transcribed. */
  | { type: 'userTranscriptReceived'; text: string; final: boolean; turnId?: string }
  | { type: 'assistantTurnStarted'; turnId: string }
  | { type: 'assistantTextAppended'; turnId: string; delta: string }
  /** The whole text so far, for a provider that corrects its earlier text. */
  | { type: 'assistantTextReplaced'; turnId: string; text: string }
  | { type: 'assistantTurnCompleted'; turnId: string }
  | { type: 'assistantTurnInterrupted'; turnId: string }
  | { type: 'assistantSpeechStarted' }
  | { type: 'assistantSpeechStopped' }
  /** A `disconnected` connection may recover. A `failed` or `closed` one carries no data. */
  | { type: 'connectionState'; state: 'connected' | 'disconnected' | 'failed' | 'closed' }
  /**
   * The agent calls a tool, the app's or its own. `name` is empty if the provider doesn't reveal it. A tool call that arrives before `connect`
   * resolves waits until it does, so that no tool runs for an agent that isn't connected.
   */
  | { type: 'toolCallStarted'; toolCallId: string; name: string; arguments: unknown }
  /** A call of the agent's own tool, reported before, awaits the user's approval. The decision is sent as `tool-approval`. */
  | { type: 'toolApprovalNeeded'; toolCallId: string }
  /** The agent has finished with a tool call, or cancelled it. `failed`: one of the agent's own tools failed. */
  | { type: 'toolCallStopped'; toolCallId: string; cancelled: boolean; failed?: boolean }
  /**
   * The agent has received all texts up to this one, identified by the id passed to `send`; null for none in this session. When an agent resumes a
   * session, emit this before `connect` resolves, so that later texts are resent. Providers that don't acknowledge texts never emit it.
   */
  | { type: 'textsAcknowledged'; lastTextId: string | null }
  /**
   * The agent hung up on purpose. `moved`: the session continues on another of the user's devices. The call then fails with `call-moved`, and
   * does not reconnect until the user requests it.
   */
  | { type: 'agentLeft'; reason?: 'moved' }
  /**
   * The provider will end this connection in `inMs` milliseconds, for example because of a maximum duration. Another connection replaces it
   * before that, without an error. It is replaced in a pause in the conversation within the last 5 minutes, or in the second half of a shorter
   * time. Without a pause, it is replaced 3 s before the end. The agent receives the context, as after a loss.
   */
  | { type: 'endAnnounced'; inMs: number }
  | { type: 'agentErrorReported'; error: VoiceError; fatal: boolean }
  /** A message from the agent's server to the app, as plain JSON: at most 65,536 characters, and 64 levels. */
  | ({ type: 'agentMessageReceived' } & AgentMessage)
  /** A message that could not be parsed, or has an unknown type. It is counted and ignored. */
  | { type: 'protocolError'; why: 'malformed' | 'unknown' }
  /** For transports with their own media, such as a scripted one. */
  | { type: 'microphoneChanged'; microphone: MicrophoneState }
  | { type: 'playbackChanged'; playback: PlaybackState }
  /** Loudness of a voice, from 0 to 1. It reaches `useAudioLevel`, but never the store. */
  | { type: 'audioLevel'; source: 'microphone' | 'agent'; level: number }

/** The events that a connection passes on. Each one except a protocol error is an action's name and payload. */
export type ReportedEvent =
  | Exclude<
      TransportEvent,
      { type: 'connectionState' | 'agentLeft' | 'endAnnounced' | 'audioLevel' | 'agentErrorReported' }
    >
  | { type: 'agentErrorReported'; error: VoiceError }

/** A message from the user or the app to the agent. */
export type ClientMessage =
  | { type: 'text'; id: string; text: string }
  | { type: 'interrupt' }
  | { type: 'client-message'; name: string; data: unknown }
  /**
   * The answer of a tool. `arguments` are the agent's own, because some providers want them back.
   * `isLate`: the agent no longer waits for the answer. It was told that the outcome is not known yet, or knows the call only from its context.
   * `isQuiet`: the user interrupted the agent, so the answer should not make it speak.
   * A resuming agent may receive an answer twice. It can ignore the second one with the same `toolCallId` and `isLate`.
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

/** A transport's request for a peer connection, at most one per connection. */
export interface PeerRequest {
  /** Label of the data channel that the client opens; null for a connection without one. */
  dataChannel: string | null
  /**
   * Direction of the audio, from the page's point of view. `recvonly` neither opens nor sends the microphone; `sendonly` plays nothing.
   *
   * @default 'sendrecv'
   */
  direction?: 'sendrecv' | 'sendonly' | 'recvonly'
  /** STUN and TURN servers for this connection, in addition to those of the app and the token. */
  iceServers?: readonly RTCIceServer[]
  signal: AbortSignal
  onMessage(text: string): void
}

/** One `RTCPeerConnection` with the microphone's track, the audio output and, if one was requested, a data channel. */
export interface Peer {
  /**
   * Creates an offer. `iceRestart` restarts the same connection over new paths. Candidates are then held until they are requested again, and
   * the ICE servers of the app and the token are read again.
   */
  createOffer(options?: { iceRestart: boolean }): Promise<RTCSessionDescriptionInit>
  acceptAnswer(answer: RTCSessionDescriptionInit): Promise<void>
  /** Reports candidates already gathered and all later ones; `null` at the end. */
  onCandidate(listener: (candidate: RTCIceCandidate | null) => void): void
  /** Adds STUN and TURN servers to the app's own, for candidates gathered from the next offer onwards. */
  addIceServers(servers: readonly RTCIceServer[]): void
  /**
   * Resolves once the peers are connected and the data channel, if any, is open. Rejects with `agent-unreachable`,
   * `relay-refused` or `relay-unreachable`.
   */
  opened(timeoutMs: number): Promise<void>
  /** Starts sending the microphone's audio. Until the agent has its configuration and history, a connection sends silence. */
  openMicrophoneGate(): void
  /**
   * Sends a text, and returns false if the data channel is not open.
   *
   * @param id Identifies the message in `undelivered()`.
   * @throws VoiceAgentError `text-too-long` if the text exceeds the data channel's maximum message size.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: test doubles return nothing.
  send(text: string, id?: string): boolean | void
  /** Ids of the messages whose last bytes are still in the data channel's buffer. */
  undelivered?(): readonly string[]
  /** Audio packets received from the agent so far. */
  packetsReceived(): Promise<number>
  /**
   * A number that grows whenever anything arrives from the other side: audio, messages, acknowledgements (SCTP), or responses to
   * connectivity checks (STUN). It stops growing only if the peer or the path is dead, not if the agent is silent.
   */
  signsOfLife(): Promise<number>
  close(): void
}

/** A request for the microphone, by a transport with its own media. */
export interface MicrophoneRequest {
  /** Ends this connection's use of the microphone. `onTrack` is not called afterwards. */
  signal: AbortSignal
  /** Called with a new track that replaces the previous one, because the user chose another device; null while there is none. */
  onTrack(track: MediaStreamTrack | null): void
}

/** A text that a transport keeps for the session's next connection, even across a reload of the tab. */
export interface TransportMemo {
  /** Null before the first `set`. */
  get(): string | null
  /** Stores the text, encrypted, together with the tab's token. Null removes it. Texts over 4,096 characters are not stored. */
  set(text: string | null): void
}

/** The page and the middleware, from a transport's point of view. There is one transport per connection. */
export interface TransportHost {
  /** Warns the developer about the server's setup. Printed once, and only in development. */
  warn?(warning: Warning): void
  apiEndpoint: string
  /** Reports an event. An invalid event is counted as a `protocolError`, and has no other effect. */
  emit(event: TransportEvent): void
  /** Text from the previous connection, such as an id with which the server finds the same agent again. Removed with the session. */
  memo: TransportMemo
  /** Opens the microphone, if needed, and a peer connection. Transports with their own media don't call it. */
  openPeer(request: PeerRequest): Promise<Peer>
  /**
   * Returns a currently valid token for this session, because the one passed to `connect` may have expired.
   *
   * @param options.renew True if the server has rejected the current token. @default false
   */
  getToken(signal: AbortSignal, options?: { renew: boolean }): Promise<string>
  /**
   * Opens the microphone for a transport with its own media. Call it when the agent may hear the user. Resolves to null without a microphone.
   *
   * The package mutes and stops the track, and switches devices, to keep the state correct. Send the track as it is, and never stop or
   * clone it.
   */
  openMicrophone(request: MicrophoneRequest): Promise<MediaStreamTrack | null>
  /** Plays the agent's voice with the user's speaker and volume. The transport still owns the track. */
  play(track: MediaStreamTrack): void
}

/** Parameters of a connection. */
export interface ConnectRequest {
  token: string
  /** The agent session that the token is for. */
  sessionId: string
  /** Address of the agent, if one was sent with the token. */
  url?: string
  /** True if the session had a call before, so the agent may still have it. */
  resume: boolean
  /** The last messages, for an agent without memory. */
  context: ContextMessage[]
  /** The app's tools that the agent may call. */
  tools: ToolDescription[]
  /**
   * Set while another of the user's tabs has the agent (`redux-voice-agent/mirror`). The agent moves to this connection at the end of a sentence, and
   * `connect` resolves when it has moved. Only set if `canHandOver` of that tab's transport returned true.
   */
  isHandover?: true
  signal: AbortSignal
}

/**
 * Connects the middleware to a provider: does the signalling, and translates the provider's events.
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
   * Resolves when the agent is ready to talk, with what it remembers of the session. Any other value ends the call with `invalid-option`.
   * Rejects with a `VoiceAgentError`. After `unauthorized`, the token is refreshed once. `recoverable: false` is final.
   */
  connect(request: ConnectRequest): Promise<AgentContinuation>
  /**
   * Sends a message. Throws if it can't be sent: a text is then removed from the conversation, or marked as not sent if it was queued. Returns
   * false if nothing can be sent now: the message then waits for a connection.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most transports return nothing.
  send(message: ClientMessage): boolean | void
  /**
   * Returns the ids of texts that were passed to `send` but certainly have not left this page, such as those in a data channel's buffer.
   * Called after each text, repeatedly while it returns one, and when the connection is lost: the texts are then sent over the next
   * one. Omit it if the transport doesn't know.
   */
  undelivered?(): readonly string[]
  /**
   * Recovers an established connection that has gone silent, by an ICE restart of the same peer connection.
   * Resolves when data from the same agent has arrived over it again. Rejects if only a new connection can
   * help. After 30 s, the package makes a new connection in any case.
   * Omit it if the transport doesn't support it.
   */
  restartIce?(request: { token: string; signal: AbortSignal }): Promise<void>
  /**
   * True if this connection's agent can move to another tab at the end of a sentence, see `isHandover`. Omit it if the provider doesn't
   * support that; a call is then interrupted while it moves.
   */
  canHandOver?(): boolean
  /**
   * Called before `close()` if the user has ended the call, to tell the agent that it need not wait for a reconnect. Not called when the
   * page closes or the connection is lost. Omit it if there is nothing to tell.
   */
  endOnPurpose?(): void
  /** Ends the connection and releases its resources. Emits nothing afterwards. */
  close(): void
}

/** The peer connection that every connection of a transport starts with. */
export type PeerShape = Pick<PeerRequest, 'dataChannel' | 'direction'>

/** Creates the transport of one connection. */
export interface VoiceTransportFactory {
  (host: TransportHost): VoiceTransport
  /**
   * Set it if every connection calls `openPeer` with these fields. The microphone and the peer connection are then opened in parallel with
   * getting the token and the session. A request with other fields gets its own peer connection.
   *
   * @default none: nothing is opened before `connect`
   */
  peer?: PeerShape
}
