import type { MicrophoneState, VoiceError, VoiceErrorCode } from '../../../../store/index.js'
import { toVoiceError, VoiceAgentError } from '../../../../store/index.js'

/** What is asked of a microphone when the app asks for nothing else. */
export const defaultConstraints: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}

/** `getUserMedia`'s errors by name (W3C Media Capture and Streams, 10.6), as a state each. */
const failures: Record<string, { microphone: MicrophoneState; code: VoiceErrorCode }> = {
  NotAllowedError: { microphone: 'denied', code: 'microphone-denied' },
  SecurityError: { microphone: 'denied', code: 'microphone-denied' },
  NotFoundError: { microphone: 'missing', code: 'microphone-missing' },
  OverconstrainedError: { microphone: 'missing', code: 'microphone-missing' },
  NotReadableError: { microphone: 'busy', code: 'microphone-busy' },
  AbortError: { microphone: 'busy', code: 'microphone-busy' },
}

/** The microphone of one agent: opened once for a call, whatever becomes of its connections. */
export interface Microphone {
  /** Its track; null when it can't be had, which the state says: a call goes on without it. */
  open(): Promise<MediaStreamTrack | null>
  setMuted(isMuted: boolean): void
  close(): void
}

export function createMicrophone(
  constraints: MediaTrackConstraints,
  onChange: (microphone: MicrophoneState, error?: VoiceError) => void,
): Microphone {
  let opening: Promise<MediaStreamTrack | null> | null = null
  let track: MediaStreamTrack | null = null
  let isMuted = false
  /** Tells a stream that comes late, after the call was ended, from the one that is waited for. */
  let generation = 0

  const liveState = () => (isMuted ? 'muted' : 'live')

  async function request(): Promise<MediaStreamTrack | null> {
    const asked = generation
    if (!globalThis.navigator?.mediaDevices?.getUserMedia) {
      onChange('missing', toVoiceError(new VoiceAgentError('microphone-unsupported')))
      return null
    }
    onChange('prompting')
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints })
      const [opened] = stream.getAudioTracks()
      if (asked !== generation || !opened) {
        // Nobody waits for it any more: the recording light must go out.
        for (const late of stream.getTracks()) late.stop()
        return null
      }
      track = opened
      track.enabled = !isMuted
      track.addEventListener('ended', () => {
        if (asked === generation) onChange('ended', toVoiceError(new VoiceAgentError('microphone-missing')))
      })
      onChange(liveState())
      return track
    } catch (error) {
      if (asked !== generation) return null
      opening = null
      const name = error instanceof Error ? error.name : ''
      const { microphone, code } = failures[name] ?? { microphone: 'busy', code: 'microphone-busy' }
      onChange(microphone, toVoiceError(new VoiceAgentError(code)))
      return null
    }
  }

  return {
    open() {
      if (track?.readyState === 'ended') opening = null
      opening ??= request()
      return opening
    },
    setMuted(next) {
      isMuted = next
      if (!track || track.readyState === 'ended') return
      track.enabled = !isMuted
      onChange(liveState())
    },
    close() {
      generation++
      opening = null
      if (track) track.stop()
      track = null
      isMuted = false
      onChange('off')
    },
  }
}

/** Whether opening the microphone would ask somebody. Browsers that can't say are `unknown`. */
export async function microphonePermission(): Promise<'granted' | 'prompt' | 'denied' | 'unknown'> {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' as PermissionName })
    return state
  } catch {
    return 'unknown'
  }
}
