import type { CallMedia } from '../../../../middleware/webrtc/ports.js'
import type { MicrophoneState, PlaybackState, VoiceError } from '../../../../store/index.js'
import { createAudioOutput } from './audio-output.js'
import { createMicrophone, defaultConstraints, microphonePermission } from './microphone.js'
import { createPeer } from './peer-connection.js'

export interface CallMediaOptions {
  audio?: MediaTrackConstraints | undefined
  iceServers?: RTCIceServer[] | undefined
  iceTransportPolicy?: RTCIceTransportPolicy | undefined
}

/** The browser's side of the `CallMedia` port. Touches nothing before a call is made. */
export function createCallMedia({ audio, iceServers, iceTransportPolicy }: CallMediaOptions): CallMedia {
  let tellMicrophone: (microphone: MicrophoneState, error?: VoiceError) => void = () => {}
  let tellPlayback: (playback: PlaybackState) => void = () => {}
  const microphone = createMicrophone(audio ?? defaultConstraints, (state, error) =>
    tellMicrophone(state, error),
  )
  const output = createAudioOutput((state) => tellPlayback(state))

  return {
    async openPeer(request) {
      const track = await microphone.open()
      return createPeer({
        ...request,
        track,
        configuration: {
          ...(iceServers ? { iceServers } : {}),
          ...(iceTransportPolicy ? { iceTransportPolicy } : {}),
        },
        onStream: (stream) => output.play(stream),
      })
    },
    setMuted: (isMuted) => microphone.setMuted(isMuted),
    resumePlayback: () => output.resume(),
    close() {
      microphone.close()
      output.close()
    },
    onMicrophone(listener) {
      tellMicrophone = listener
    },
    onPlayback(listener) {
      tellPlayback = listener
    },
    microphonePermission,
  }
}
