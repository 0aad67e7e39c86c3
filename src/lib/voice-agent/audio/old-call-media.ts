import type * as current from '../../../../middleware/ports/media.js'
import type { CallMedia, MediaListener } from '../../../../middleware/webrtc/ports.js'
import type { ChosenDevices } from '../../../../store/index.js'
import { type BrowserAgentMedia, type CallMediaOptions, createAgentMedia } from './call-media.js'
import { microphonePermission } from './microphone-permission.js'

export interface BrowserCallMedia
  extends CallMedia,
    Pick<BrowserAgentMedia, 'devices' | 'promptForSpeaker' | 'level'> {}

/** Adapts `AgentMedia` to the middleware that does not begin and end media itself yet. To be deleted with it. */
export function createCallMedia(options: CallMediaOptions, listener: MediaListener): BrowserCallMedia {
  const media = createAgentMedia(options)
  let call: current.CallMedia | null = null
  let devices: ChosenDevices = { microphoneId: null, speakerId: null, volume: 1, isMuted: false }

  return {
    devices: media.devices,
    promptForSpeaker: media.promptForSpeaker,
    level: media.level,
    async openPeer(request) {
      call ??= media.begin(devices, listener)
      return call.openPeer(request)
    },
    setMuted(isMuted) {
      devices = { ...devices, isMuted }
      call?.setMuted(isMuted)
    },
    retryMicrophone: async () => call?.retryMicrophone(),
    async selectMicrophone(microphoneId) {
      devices = { ...devices, microphoneId }
      await call?.selectMicrophone(microphoneId)
    },
    async selectSpeaker(speakerId) {
      devices = { ...devices, speakerId }
      await call?.selectSpeaker(speakerId)
    },
    setVolume(volume) {
      devices = { ...devices, volume }
      call?.setVolume(volume)
    },
    // A transport with media of its own opens no peer, but has levels.
    reportLevel(source, level) {
      call ??= media.begin(devices, listener)
      call.reportLevel(source, level)
    },
    readNetwork: async () => call?.readNetwork() ?? null,
    resumePlayback: async () => call?.resumePlayback(),
    close() {
      call?.end()
      call = null
      devices = { ...devices, isMuted: false }
      // Transports with media of their own may have reported a microphone.
      listener.onMicrophone('off')
    },
    microphonePermission,
  }
}
