import type { ChosenDevices } from '../../store/index.js'
import type { MediaListener, NetworkReading, Peer, PeerRequest } from '../webrtc/ports.js'

export type { MediaListener, NetworkReading, Peer, PeerRequest }

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
