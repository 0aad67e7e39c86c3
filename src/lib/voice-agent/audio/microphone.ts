import {
  type MicrophoneState,
  type MicrophoneTrouble,
  toVoiceError,
  VoiceAgentError,
  type VoiceError,
} from '../../../../store/index.js'
import { microphonePermission } from '../page/page-lifecycle.js'

/** Constraints used if the app sets none. */
export const defaultConstraints: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
}

/** An app's own source of the user's voice. See `VoiceAgentOptions.openMicrophone`. */
export type OpenMicrophone = (constraints: MediaTrackConstraints) => MediaStream | Promise<MediaStream>

export interface MicrophoneOptions {
  constraints: MediaTrackConstraints
  /** Opens the app's own stream. Its tracks belong to the app, so they are never stopped here. */
  openMicrophone?: OpenMicrophone | undefined
  /** Device chosen before the call; null for the system default. */
  deviceId: string | null
  isMuted: boolean
  onChange(microphone: MicrophoneState, error?: VoiceError): void
  /** Called when the track has changed; null if the microphone was closed. */
  onTrack(track: MediaStreamTrack | null): void
  /** Called when device `deviceId` is used instead of the chosen one; null for the system default. */
  onFallback(reason: 'lost' | 'unavailable', deviceId: string | null): void
}

/** The microphone of one call, across all its connections. After `close()`, it opens nothing. */
export interface Microphone {
  /** The live track, or null. */
  track(): MediaStreamTrack | null
  /**
   * Opens the microphone on the first call only, because a reconnect must not prompt again. Resolves after the browser's answer. The state
   * shows if the microphone is live; without one, the call continues.
   */
  open(): Promise<void>
  /** Like `open`, but resolves early if no prompt is needed, while the device may still be opening. */
  permitted(): Promise<void>
  /** Requests the microphone again after an error. Call it from a click. */
  retry(): Promise<void>
  /** The chosen device; null for the system default. */
  chosen(): string | null
  /** Switches to another device, or chooses the one that `open()` will use. The last choice wins. */
  select(deviceId: string | null): Promise<void>
  /** Reopens a missing microphone after a device was plugged in, unless that would prompt. */
  onPluggedIn(): Promise<void>
  /** Switches to the system's new default, unless the user has chosen a device or that would prompt. */
  onDefaultChanged(): Promise<void>
  setMuted(isMuted: boolean): void
  /** Closes the microphone until the next `open()`, which requests it again. */
  suspend(): Promise<void>
  /** Releases the track. A track that arrives later is released on arrival. */
  close(): void
}

/** Result of opening a device. `closed`: the call has ended, so the result doesn't matter. */
type Outcome = 'open' | 'closed' | { error: unknown }

/** Errors of `getUserMedia` by name. Source: W3C Media Capture and Streams, 10.2, algorithm of `getUserMedia()`. */
const byName: Record<string, MicrophoneTrouble> = {
  SecurityError: 'denied-by-policy',
  NotFoundError: 'missing',
  OverconstrainedError: 'overconstrained',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

/** Only Chromium reveals whether the page's permissions policy forbids the microphone. */
interface PolicedDocument {
  featurePolicy?: { allowsFeature(feature: string): boolean }
}

/** Determines who denied access. The standard has one name for all denials. Chromium's messages differ; other browsers count as `denied`. */
function toDenial({ message }: Error): MicrophoneTrouble {
  const document = globalThis.document as PolicedDocument | undefined
  if (document?.featurePolicy?.allowsFeature('microphone') === false) return 'denied-by-policy'
  if (/by system/i.test(message)) return 'denied-by-system'
  return /dismissed/i.test(message) ? 'dismissed' : 'denied'
}

/** Classifies an error that `getUserMedia` rejected with. */
function toMicrophoneTrouble(error: unknown): MicrophoneTrouble {
  if (!(error instanceof Error)) return 'busy'
  return error.name === 'NotAllowedError' ? toDenial(error) : (byName[error.name] ?? 'busy')
}

/** True if the requested device is missing. Another device may still be available. */
function isDeviceGone(error: unknown): boolean {
  return error instanceof Error && (error.name === 'OverconstrainedError' || error.name === 'NotFoundError')
}

function toMicrophoneError(trouble: MicrophoneTrouble): VoiceError {
  return toVoiceError(new VoiceAgentError(`microphone-${trouble}`))
}

export function createMicrophone({
  constraints,
  openMicrophone,
  onChange,
  onTrack,
  onFallback,
  ...options
}: MicrophoneOptions): Microphone {
  let isClosed = false
  let { isMuted, deviceId: chosenId } = options
  let track: MediaStreamTrack | null = null
  /** Device that `track` was opened on. */
  let openId: string | null = null
  /** Value of the app's `track.enabled` before this microphone changed it. */
  let wasEnabled = true
  let trouble: MicrophoneTrouble | null = null
  /** True if the browser has reported that the user allowed the microphone. */
  let wasGranted = false
  let opening: { done: Promise<void>; permitted: Promise<void> } | null = null
  let onPermitted = () => {}
  let queue: Promise<void> = Promise.resolve()

  const isLive = () => track?.readyState === 'live'

  /** Runs steps one after another, so that there is at most one prompt and one track at a time. */
  function enqueue(step: () => Promise<void>): Promise<void> {
    queue = queue.then(step, step)
    return queue
  }

  function setTrouble(next: MicrophoneTrouble) {
    trouble = next
    onChange(next, toMicrophoneError(next))
  }

  /** Reports the device used instead of `failedId`, unless the user has chosen another one since. */
  function fallBack(reason: 'lost' | 'unavailable', failedId: string | null, deviceId: string | null) {
    if (chosenId !== failedId) return
    chosenId = deviceId
    onFallback(reason, deviceId)
  }

  function releaseTrack() {
    if (!track) return
    track.removeEventListener('ended', onEnded)
    track.removeEventListener('mute', reportTrack)
    track.removeEventListener('unmute', reportTrack)
    // The app may use its own stream elsewhere. Our own track must be stopped, or the recording indicator stays on.
    if (openMicrophone) track.enabled = wasEnabled
    else track.stop()
    track = null
  }

  /** Stores the track before notifying, so that a listener's error can't leave a live track without an owner. */
  function setTrack(next: MediaStreamTrack, deviceId: string | null) {
    const isNew = next !== track
    if (isNew) {
      releaseTrack()
      track = next
      wasEnabled = next.enabled
      next.addEventListener('ended', onEnded)
      next.addEventListener('mute', reportTrack)
      next.addEventListener('unmute', reportTrack)
    }
    openId = deviceId
    trouble = null
    next.enabled = !isMuted
    if (isNew) onTrack(next)
    reportTrack()
    if (!openMicrophone) void microphonePermission().then((state) => (wasGranted = state === 'granted'))
  }

  /** Reports the track's state. The user's own mute takes precedence, because only the user can end it. */
  function reportTrack() {
    if (!track || !isLive()) return
    onChange(isMuted ? 'muted' : track.muted ? 'muted-by-system' : 'live')
  }

  /** Rejects as `getUserMedia` does. */
  async function requestTrack(deviceId: string | null): Promise<MediaStreamTrack> {
    const audio = deviceId === null ? constraints : { ...constraints, deviceId: { exact: deviceId } }
    const stream = openMicrophone
      ? await openMicrophone(audio)
      : await navigator.mediaDevices.getUserMedia({ audio })
    const found = stream.getAudioTracks().find(({ readyState }) => readyState === 'live')
    if (!found) throw new DOMException('The stream has no live audio track.', 'NotFoundError')
    return found
  }

  /** The only place that requests a track. Requests nothing after `close()`, and stops a track that arrives after it. */
  async function openDevice(deviceId: string | null): Promise<Outcome> {
    if (isClosed) return 'closed'
    let arrived: MediaStreamTrack
    try {
      arrived = await requestTrack(deviceId)
    } catch (error) {
      return { error }
    }
    if (!isClosed) setTrack(arrived, deviceId)
    else if (!openMicrophone) arrived.stop()
    return isClosed ? 'closed' : 'open'
  }

  /** Opens the default device instead of one that is gone. */
  async function openDefault(toTrouble: (error: unknown) => MicrophoneTrouble) {
    const goneId = chosenId
    const outcome = await openDevice(null)
    if (outcome === 'open') fallBack('lost', goneId, null)
    else if (outcome !== 'closed') setTrouble(toTrouble(outcome.error))
  }

  async function openChosen() {
    if (!openMicrophone && !globalThis.navigator?.mediaDevices?.getUserMedia) return setTrouble('unsupported')
    trouble = null
    // `prompting` is only reported if the user may have to respond.
    if (openMicrophone || (await microphonePermission()) !== 'granted') {
      if (isClosed) return
      onChange('prompting')
    } else onPermitted()
    const deviceId = chosenId
    const outcome = await openDevice(deviceId)
    if (typeof outcome === 'string') return
    if (deviceId !== null && isDeviceGone(outcome.error)) return openDefault(toMicrophoneTrouble)
    setTrouble(toMicrophoneTrouble(outcome.error))
  }

  /** Switches a live microphone to another device. If it can't be opened, the previous one stays in use. */
  async function switchTo(deviceId: string | null) {
    const outcome = await openDevice(deviceId)
    if (typeof outcome === 'object') fallBack('unavailable', deviceId, openId)
  }

  /** Opens the chosen device, unless it is live because a suspension was withdrawn before it took effect. */
  async function openOrKeep() {
    if (!isLive()) return openChosen()
    if (openId !== chosenId) return switchTo(chosenId)
    reportTrack()
  }

  async function replaceEnded() {
    // An earlier selection in the queue may have opened another device, or the microphone may have been suspended.
    if (isLive() || !opening) return
    // Another device may need another permission, and the user has not done anything to expect a prompt.
    const permission = openMicrophone ? 'granted' : await microphonePermission()
    if (permission === 'denied') return setTrouble('denied')
    // The browser also ends the track when the user withdraws the permission, and then the permission is `prompt` again.
    if (permission === 'prompt') return setTrouble(wasGranted ? 'dismissed' : 'ended')
    await openDefault((error) => {
      const next = toMicrophoneTrouble(error)
      return next === 'missing' ? 'ended' : next
    })
  }

  function open() {
    if (opening) return opening
    const permitted = new Promise<void>((resolve) => {
      onPermitted = resolve
    })
    const done = enqueue(openOrKeep)
    done.then(onPermitted, onPermitted)
    opening = { done, permitted }
    return opening
  }

  const onEnded = () => void enqueue(replaceEnded)

  return {
    track: () => (isLive() ? track : null),
    open: () => open().done,
    permitted: () => open().permitted,
    async retry() {
      if (!opening) return
      await enqueue(async () => {
        if (!isLive()) await openChosen()
      })
    },
    chosen: () => chosenId,
    async select(deviceId) {
      chosenId = deviceId
      if (!opening) return
      await enqueue(async () => {
        // A later choice is in the queue.
        if (chosenId !== deviceId) return
        await (isLive() ? switchTo(deviceId) : openChosen())
      })
    },
    onPluggedIn: () =>
      enqueue(async () => {
        if (trouble !== 'ended' && trouble !== 'missing') return
        if (openMicrophone || (await microphonePermission()) !== 'granted') return
        await openChosen()
      }),
    onDefaultChanged: () =>
      enqueue(async () => {
        const isFollowing = () => !openMicrophone && chosenId === null && openId === null && isLive()
        if (!isFollowing() || (await microphonePermission()) !== 'granted') return
        // If it can't be opened, the previous default stays in use.
        if (isFollowing()) await openDevice(null)
      }),
    setMuted(next) {
      isMuted = next
      if (!track || !isLive()) return
      track.enabled = !isMuted
      reportTrack()
    },
    async suspend() {
      if (!opening) return
      opening = null
      await enqueue(async () => {
        // The microphone was reopened meanwhile, or the call has ended.
        if (opening || isClosed) return
        trouble = null
        releaseTrack()
        onTrack(null)
        onChange('off')
      })
    },
    close() {
      isClosed = true
      releaseTrack()
    },
  }
}
