import type { PlaybackState } from '../../../../store/index.js'

/** Plays the agent's voice during one call, through its own audio element. After `close()`, it plays nothing. */
export interface AudioOutput {
  play(stream: MediaStream): void
  /** Plays audio that the browser has blocked. Call it from a click. */
  resume(): Promise<void>
  /** The chosen speaker; null for the system default. */
  chosen(): string | null
  /** Switches to another speaker; null for the system default. The last choice wins. */
  select(deviceId: string | null): Promise<void>
  /** Updates the available speakers. If the chosen one is gone, the default is used. */
  onDevices(deviceIds: ReadonlySet<string>): void
  /** Sets the volume, from 0 to 1. */
  setVolume(volume: number): void
  close(): void
}

export interface AudioOutputOptions {
  /** Speaker chosen before the call; null for the system default. */
  deviceId: string | null
  volume: number
  onChange(playback: PlaybackState): void
  /** Called when speaker `deviceId` is used instead of the chosen one; null for the system default. */
  onFallback(reason: 'lost' | 'unavailable', deviceId: string | null): void
}

export function createAudioOutput({ onChange, onFallback, ...options }: AudioOutputOptions): AudioOutput {
  let isClosed = false
  let { deviceId: chosenId, volume } = options
  let element: HTMLAudioElement | null = null
  /** Speaker that the element was last routed to. */
  let routedId: string | null = null

  async function start() {
    if (!element) return
    try {
      await element.play()
      onChange('playing')
    } catch (error) {
      // An AbortError means that another stream or the end of the call came first.
      if (error instanceof Error && error.name === 'NotAllowedError') onChange('blocked')
    }
  }

  function onPause() {
    // Paused by a headset button, or by a system that gave audio focus to another app. A click resumes it.
    if (element?.paused) onChange('blocked')
  }

  /** Resolves to false if the speaker can't be used. Browsers without `setSinkId` only have the default. */
  async function route(deviceId: string | null): Promise<boolean> {
    if (!element) return true
    if (!('setSinkId' in element)) return deviceId === null
    try {
      await element.setSinkId(deviceId ?? '')
      routedId = deviceId
      return true
    } catch (error) {
      // An AbortError means that another choice came first.
      return error instanceof Error && error.name === 'AbortError'
    }
  }

  /** Reports the speaker used instead of `failedId`, unless the user has chosen another one since. */
  function fallBack(reason: 'lost' | 'unavailable', failedId: string | null, deviceId: string | null) {
    if (chosenId !== failedId) return
    chosenId = deviceId
    onFallback(reason, deviceId)
  }

  function open(): HTMLAudioElement {
    element = new Audio()
    element.volume = volume
    element.addEventListener('pause', onPause)
    const deviceId = chosenId
    if (deviceId !== null)
      void route(deviceId).then((isThere) => {
        if (!isThere) fallBack('lost', deviceId, null)
      })
    return element
  }

  return {
    play(stream) {
      if (isClosed) return
      const playing = element ?? open()
      playing.srcObject = stream
      void start()
    },
    resume: start,
    chosen: () => chosenId,
    async select(deviceId) {
      chosenId = deviceId
      if (!(await route(deviceId))) fallBack('unavailable', deviceId, routedId)
    },
    onDevices(deviceIds) {
      if (chosenId === null || deviceIds.has(chosenId)) return
      void route(null)
      fallBack('lost', chosenId, null)
    },
    setVolume(next) {
      volume = next
      if (element) element.volume = next
    },
    close() {
      isClosed = true
      if (!element) return
      element.removeEventListener('pause', onPause)
      element.pause()
      element.srcObject = null
      element = null
    },
  }
}
