import type { CallMedia, MediaListener } from '../../../../middleware/webrtc/ports.js'
import { createPeer, type MediaPeer } from '../webrtc/peer-connection.js'
import { amplitudeIn, toReading } from '../webrtc/stats-reading.js'
import { createAudioDeviceList, promptForSpeaker } from './audio-device-list.js'
import type { AudioDeviceList, AudioDevices } from './audio-devices.js'
import { type AudioLevel, type AudioSource, createAudioLevel, createContextSource } from './audio-level.js'
import { createAudioOutput } from './audio-output.js'
import { createMicrophone, defaultConstraints, type OpenMicrophone } from './microphone.js'
import { microphonePermission } from './microphone-permission.js'

export interface CallMediaOptions {
  audio?: MediaTrackConstraints | undefined
  openMicrophone?: OpenMicrophone | undefined
  iceServers?: RTCIceServer[] | undefined
  iceTransportPolicy?: RTCIceTransportPolicy | undefined
}

/** The port's implementation, and what views get of it past the store. */
export interface BrowserCallMedia extends CallMedia {
  readonly devices: AudioDeviceList
  /** Lets the person choose from the browser's own list. Call it from a click. Null when nothing was chosen. */
  promptForSpeaker(): Promise<string | null>
  level(source: AudioSource): AudioLevel
}

/** Whether there is a microphone that was not there. */
function isPluggedIn(before: AudioDevices, now: AudioDevices): boolean {
  if (before.hasMicrophone === false) return now.hasMicrophone === true
  const known = new Set(before.microphones.map(({ deviceId }) => deviceId))
  return known.size > 0 && now.microphones.some(({ deviceId }) => !known.has(deviceId))
}

/** The browser's side of the `CallMedia` port. Touches nothing before a call is made. */
export function createCallMedia(options: CallMediaOptions, tell: MediaListener): BrowserCallMedia {
  const { audio, openMicrophone, iceServers, iceTransportPolicy } = options
  let peer: MediaPeer | null = null
  let connections = 0
  let stopWatching: (() => void) | null = null

  const contexts = createContextSource()
  const meter = (source: AudioSource) =>
    createAudioLevel({
      getContext: contexts.get,
      async readAmplitude() {
        const stats = await peer?.getStats()
        return stats ? amplitudeIn(stats, source) : null
      },
    })
  const levels = { microphone: meter('microphone'), agent: meter('agent') }

  const devices = createAudioDeviceList()
  const microphone = createMicrophone({
    constraints: audio ?? defaultConstraints,
    source: openMicrophone,
    onChange(state, error) {
      // Only now does the browser tell the names, and no event says that it does.
      if (state === 'live' || state === 'muted') void devices.refresh()
      tell.onMicrophone(state, error)
    },
    onTrack(track) {
      levels.microphone.setTrack(track)
      peer?.setTrack(track)
    },
    onFallback: (reason, deviceId) => tell.onFallback({ device: 'microphone', reason }, deviceId),
  })
  const output = createAudioOutput({
    onChange: tell.onPlayback,
    onFallback: (reason, deviceId) => tell.onFallback({ device: 'speaker', reason }, deviceId),
  })

  function watchDevices() {
    let before = devices.get()
    stopWatching ??= devices.subscribe(() => {
      const now = devices.get()
      if (!now.areLabelsHidden) output.onDevices(new Set(now.speakers.map(({ deviceId }) => deviceId)))
      if (isPluggedIn(before, now)) void microphone.onPluggedIn()
      before = now
    })
  }

  return {
    devices,
    promptForSpeaker,
    level: (source) => levels[source],
    async openPeer(request) {
      watchDevices()
      const track = await microphone.open()
      request.signal.throwIfAborted()
      connections++
      peer = createPeer({
        ...request,
        track,
        configuration: {
          ...(iceServers ? { iceServers } : {}),
          ...(iceTransportPolicy ? { iceTransportPolicy } : {}),
        },
        onStream(stream) {
          output.play(stream)
          levels.agent.setTrack(stream.getAudioTracks()[0] ?? null)
        },
      })
      return peer
    },
    setMuted: microphone.setMuted,
    retryMicrophone: microphone.retry,
    selectMicrophone: microphone.select,
    selectSpeaker: output.select,
    setVolume: output.setVolume,
    resumePlayback: output.resume,
    // A transport of the app's may name another.
    reportLevel: (source, level) => levels[source]?.report(level),
    async readNetwork() {
      const connection = connections
      const stats = await peer?.getStats()
      return stats ? toReading(stats, connection) : null
    },
    close() {
      stopWatching?.()
      stopWatching = null
      peer = null
      microphone.close()
      output.close()
      levels.microphone.close()
      levels.agent.close()
      contexts.close()
    },
    microphonePermission,
  }
}
