import type { MicrophoneState, MicrophoneTrouble, VoiceError } from '../../../../store/index.js'
import { errorOf, isGone, troubleOf } from './microphone-errors.js'
import { microphonePermission } from './microphone-permission.js'

/** What is asked of a microphone when the app asks for nothing else. */
export const defaultConstraints: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}

/** An app's own source of the user's voice; see `VoiceAgentOptions.openMicrophone`. */
export type OpenMicrophone = (constraints: MediaTrackConstraints) => MediaStream | Promise<MediaStream>

export interface MicrophoneOptions {
  constraints: MediaTrackConstraints
  /** Its tracks are the app's: they are never stopped here. */
  source?: OpenMicrophone | undefined
  onChange(microphone: MicrophoneState, error?: VoiceError): void
  /** Another track than before is the microphone now. */
  onTrack(track: MediaStreamTrack | null): void
  /** Another device is used than the one chosen: `deviceId`, null for the default. */
  onFallback(reason: 'lost' | 'unavailable', deviceId: string | null): void
}

/** The microphone of one agent: opened once for a call, whatever becomes of its connections. */
export interface Microphone {
  /**
   * Its track; null when it can't be had, which the state says: a call goes on without it. Asks once a call: a reconnection never asks
   * anybody again.
   */
  open(): Promise<MediaStreamTrack | null>
  /** Asks again, after trouble. Call it from a click. */
  retry(): Promise<void>
  /** Another device, at once when one is open; else from the next call on. */
  select(deviceId: string | null): Promise<void>
  /** Says that devices were plugged in: one that was missing is opened, where that asks nobody. */
  onPluggedIn(): Promise<void>
  setMuted(isMuted: boolean): void
  close(): void
}

export function createMicrophone({
  constraints,
  source,
  onChange,
  onTrack,
  onFallback,
}: MicrophoneOptions): Microphone {
  let opening: Promise<void> | null = null
  let track: MediaStreamTrack | null = null
  /** What the app's track was before it was muted here. */
  let wasEnabled = true
  let trouble: MicrophoneTrouble | null = null
  let deviceId: string | null = null
  let isMuted = false
  /** Tells a track that comes late, after the call was ended or another was chosen, from the one that is waited for. */
  let generation = 0

  function tell(next: MicrophoneTrouble | null) {
    trouble = next
    if (next) onChange(next, errorOf(next))
    else onChange(isMuted ? 'muted' : 'live')
  }

  /** Rejects as `getUserMedia` does. */
  async function acquire(id: string | null): Promise<MediaStreamTrack> {
    const wanted = id === null ? constraints : { ...constraints, deviceId: { exact: id } }
    const stream = source
      ? await source(wanted)
      : await navigator.mediaDevices.getUserMedia({ audio: wanted })
    const found = stream.getAudioTracks().find(({ readyState }) => readyState === 'live')
    if (!found) throw new DOMException('The stream has no live audio track.', 'NotFoundError')
    return found
  }

  function release(old: MediaStreamTrack | null) {
    if (!old) return
    old.removeEventListener('ended', onEnded)
    // An app's stream is the app's: it may be used elsewhere. Ours must let the recording light go out.
    if (source) old.enabled = wasEnabled
    else old.stop()
  }

  function adopt(next: MediaStreamTrack) {
    if (next !== track) {
      release(track)
      track = next
      wasEnabled = next.enabled
      next.addEventListener('ended', onEnded)
      onTrack(next)
    }
    next.enabled = !isMuted
    tell(null)
  }

  /**
   * Makes another device the microphone. Whatever comes of it is told; a track that nobody waits for any more is let go of.
   *
   * @param onFailure What is wrong then; null when nothing new is.
   */
  async function change(id: string | null, onFailure: (error: unknown) => MicrophoneTrouble | null) {
    const asked = ++generation
    try {
      const next = await acquire(id)
      if (asked === generation) adopt(next)
      else if (next !== track && !source) next.stop()
      return asked === generation
    } catch (error) {
      if (asked !== generation) return false
      const failure = onFailure(error)
      if (failure) tell(failure)
      return false
    }
  }

  async function request() {
    if (!source && !globalThis.navigator?.mediaDevices?.getUserMedia) return tell('unsupported')
    onChange('prompting')
    let isLost = false
    const opened = await change(deviceId, (error) => {
      isLost = deviceId !== null && isGone(error)
      return isLost ? null : troubleOf(error)
    })
    if (opened || !isLost) return
    if (await change(null, troubleOf)) fallBack('lost', null)
  }

  function fallBack(reason: 'lost' | 'unavailable', id: string | null) {
    deviceId = id
    onFallback(reason, id)
  }

  const onEnded = () => void replaceEnded()

  async function replaceEnded() {
    const asked = ++generation
    // Another device may ask for another permission, and nobody has pressed anything.
    const permission = source ? 'granted' : await microphonePermission()
    if (asked !== generation) return
    if (permission === 'denied') return tell('denied')
    if (permission === 'prompt') return tell('ended')
    const isBack = await change(null, (error) => {
      const failure = troubleOf(error)
      return failure === 'missing' ? 'ended' : failure
    })
    if (isBack) fallBack('lost', null)
  }

  const isLive = () => track?.readyState === 'live'

  return {
    async open() {
      opening ??= request()
      await opening
      return isLive() ? track : null
    },
    async retry() {
      if (opening === null || isLive()) return
      opening = request()
      await opening
    },
    async select(id) {
      const before = deviceId
      deviceId = id
      if (opening === null) return
      await opening
      if (!isLive()) {
        opening = request()
        return opening
      }
      await change(id, () => {
        fallBack('unavailable', before)
        return null
      })
    },
    async onPluggedIn() {
      if (trouble !== 'ended' && trouble !== 'missing') return
      if (source || (await microphonePermission()) !== 'granted') return
      await this.retry()
    },
    setMuted(next) {
      isMuted = next
      if (!track || !isLive()) return
      track.enabled = !isMuted
      tell(null)
    },
    close() {
      generation++
      opening = null
      trouble = null
      release(track)
      if (track) onTrack(null)
      track = null
      isMuted = false
      onChange('off')
    },
  }
}
