import { createRequire } from 'node:module'

/** A frame of about ten milliseconds of audio from `@roamhq/wrtc`. */
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

/** The used part of `@roamhq/wrtc`, whose own types fail to re-export those of the DOM with TypeScript 7. */
export interface WebRtc {
  RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection
  nonstandard: {
    RTCAudioSink: new (track: MediaStreamTrack) => AudioSink
    RTCAudioSource: new () => AudioSource
  }
}

let loaded: WebRtc | undefined

/** Loads libwebrtc with the first call, so that tests of routes do not load it. */
export function loadWebRtc(): WebRtc {
  loaded ??= createRequire(import.meta.url)('@roamhq/wrtc') as WebRtc
  return loaded
}
