import { createRequire } from 'node:module'

/** Ten milliseconds (or so) of audio as `@roamhq/wrtc` hands it over. */
export interface AudioFrame {
  samples: Int16Array
  sampleRate: number
  bitsPerSample?: number
  channelCount?: number
  numberOfFrames?: number
}

export interface AudioSink {
  ondata: ((frame: AudioFrame) => void) | null
  stop(): void
}

export interface AudioSource {
  createTrack(): MediaStreamTrack
  onData(frame: AudioFrame): void
}

/** The parts of `@roamhq/wrtc` that are used; its own types cannot re-export the DOM's under TypeScript 7. */
export interface WebRtc {
  RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection
  nonstandard: {
    RTCAudioSink: new (track: MediaStreamTrack) => AudioSink
    RTCAudioSource: new () => AudioSource
  }
}

let loaded: WebRtc | undefined

/** Loads libwebrtc on the first call: routes can be tested in a process that never loads it. */
export function loadWebRtc(): WebRtc {
  loaded ??= createRequire(import.meta.url)('@roamhq/wrtc') as WebRtc
  return loaded
}
