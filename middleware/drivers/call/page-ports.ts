import type {
  ChosenDevices,
  DeviceFallback,
  MicrophoneState,
  PlaybackState,
  TalkMode,
  VoiceError,
} from '../../../store/index.js'
import type { MicrophoneRequest, Peer, PeerRequest, PeerShape } from './ports.js'

/** The page's audio: devices, levels, and the media of one call at a time. */
export interface AgentMedia {
  /** Starts a call's media with the chosen devices, and ends the media of an earlier call. Doesn't open anything yet. */
  begin(devices: ChosenDevices, listener: MediaListener): CallMedia
  /** Creates the peer connection of a likely call, without a microphone. Omitted by media without peer connections. */
  warmUp?(shape: PeerShape): void
  /** Releases what `warmUp` created, because no call follows. */
  coolDown?(): void
  /** Ends the media of the current call. Media from a later `begin()` are ended from the start. */
  dispose(): void
}

/** Microphone, speaker and peers of one call. After `end()` nothing can be opened on it, and its listener is not called. */
export interface CallMedia {
  /**
   * Resolves to a peer that sends the microphone. Opens the microphone unless it was already opened in this call, or the user only types. While the
   * browser shows its prompt, no peer is opened. A permitted device opens in parallel with the connection, and `opened()` waits for it.
   * Concurrent calls share one prompt. Rejects if the request is aborted or the call has ended, even during the prompt:
   * with the signal's reason, or else with `disposed`.
   *
   * @throws VoiceAgentError `invalid-option` if the browser rejects the configured ICE servers.
   */
  openPeer(
    request: PeerRequest & {
      onState(state: 'connected' | 'disconnected' | 'failed' | 'closed'): void
      /** Returns this connection's servers at an ICE restart. @default `iceServers` */
      currentIceServers?(): readonly RTCIceServer[]
    },
  ): Promise<Peer>
  /**
   * Opens the microphone, and creates the peer connection for the first `openPeer()` with the same fields. Errors of the peer
   * connection are reported by `openPeer()`. Omitted by media that have nothing to prepare.
   */
  preparePeer?(shape: PeerShape): void
  /** Opens the microphone as `openPeer` does, without a peer. */
  openMicrophone(request: MicrophoneRequest): Promise<MediaStreamTrack | null>
  /** Plays a voice instead of the previous one. */
  play(track: MediaStreamTrack): void
  /** Applies the choices of a session that was read after these media had begun. A device that is already chosen is not opened again. */
  setChoices(devices: ChosenDevices): void
  /** Applies to the open microphone, and to every microphone opened later in this call. */
  setMuted(muted: boolean): void
  /** Changes how the user talks. `text` closes the microphone; any other mode opens it if the call has a peer. */
  setTalkMode(talk: TalkMode): void
  /** Opens or closes the microphone in push-to-talk mode. Does nothing in other modes. */
  setTalking(isTalking: boolean): void
  /** Requests the microphone again after an error. Does nothing before the first `openPeer()`. */
  retryMicrophone(): Promise<void>
  /** Switches the microphone without a new offer; null selects the system default. The last choice wins. */
  selectMicrophone(deviceId: string | null): Promise<void>
  selectSpeaker(deviceId: string | null): Promise<void>
  /** Sets the volume, from 0 to 1. */
  setVolume(volume: number): void
  /** Shows a level measured by a transport with its own media. Ignores unknown sources. */
  reportLevel(source: 'microphone' | 'agent', level: number): void
  /** Reads the counters of the last opened peer; null if there is none. */
  readNetwork(): Promise<NetworkReading | null>
  resumePlayback(): Promise<void>
  /**
   * Stops the microphone, the audio output and all peers. Then reports `off` and `idle` to the listener, unless already reported, and nothing
   * after that. Calling it again does nothing.
   */
  end(): void
}

/** Receives the reports of the media. */
export interface MediaListener {
  onMicrophone(microphone: MicrophoneState, error?: VoiceError): void
  onPlayback(playback: PlaybackState): void
  /** `deviceId`: the device that is used instead; null for the system default. */
  onFallback(fallback: DeviceFallback, deviceId: string | null): void
}

/** Counters of one peer connection since it was opened. */
export interface NetworkReading {
  /** Number of the connection. Each connection's counters start at 0. */
  connection: number
  /** Milliseconds since the epoch. */
  at: number
  /** Null until measured. */
  roundTripMs: number | null
  jitterMs: number | null
  /** Total audio energy of the agent: squared loudness times seconds; 0 if the browser doesn't measure it. Speech adds about 0.01 per second. */
  soundEnergy: number
  /** Audio packets. */
  packetsReceived: number
  packetsLost: number
  packetsSent: number
  /** Sent audio packets that were lost, as counted by the other side. */
  remotePacketsLost: number
  /** Audio bytes, without headers. */
  bytesReceived: number
  bytesSent: number
  /** Bytes of any kind, because the agent may be silent while the connection works. */
  transportBytesReceived: number
}

/** Visibility of the page and its picture-in-picture window. */
export interface Visibility {
  isVisible(): boolean
  /** Returns an unsubscribe function. */
  onChange(listener: () => void): () => void
}

/** Schedules work for the next frame, at most 30 times per second. */
export interface FrameScheduler {
  /** Runs the callback once before one of the next frames, or soon if no frame is drawn. Only one request can be pending. */
  request(run: () => void): void
  /** Cancels a pending request, and stops listening to the page. */
  stop(): void
}

/** Estimates if a connection attempt can succeed. */
export interface Network {
  /** The browser's own estimate. Neither value is reliable: `true` is a guess, and `false` may miss a path. */
  isOnline(): boolean
  /** Calls the listener when the network is back, or the page is awake again. Returns an unsubscribe function. */
  onWake(listener: () => void): () => void
  /** Watches for a page exit. Use it only during a call, because its listeners keep the page out of the back/forward cache. */
  watchPageExit(): PageExit
}

/** Detects that the page is about to close. Browsers then abort requests, which says nothing about the agent. */
export interface PageExit {
  /** Milliseconds until it is clear that the page stays; 0 if it is not closing, `Infinity` once it has closed. */
  remainingMs(): number
  stop(): void
}
