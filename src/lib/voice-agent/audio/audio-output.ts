import type { PlaybackState } from '../../../../store/index.js'

/** What plays the agent's voice: an audio element of our own, which goes with the call. */
export interface AudioOutput {
  play(stream: MediaStream): void
  /** Plays what the browser had blocked. Call it from a click. */
  resume(): Promise<void>
  /** Another speaker, at once and for the calls to come; null for the system's default. */
  select(deviceId: string | null): Promise<void>
  /** Says which speakers there are: when the chosen one has gone, the default is used. */
  onDevices(deviceIds: ReadonlySet<string>): void
  /** From 0 to 1, at once and for the calls to come. */
  setVolume(volume: number): void
  close(): void
}

export interface AudioOutputOptions {
  onChange(playback: PlaybackState): void
  /** Another speaker is used than the one chosen: `deviceId`, null for the default. */
  onFallback(reason: 'lost' | 'unavailable', deviceId: string | null): void
}

export function createAudioOutput({ onChange, onFallback }: AudioOutputOptions): AudioOutput {
  let element: HTMLAudioElement | null = null
  let speaker: string | null = null
  let volume = 1

  async function start() {
    const playing = element
    if (!playing) return
    try {
      await playing.play()
      if (playing === element) onChange('playing')
    } catch (error) {
      // An AbortError only says that another stream or the end of the call came first.
      if (playing === element && error instanceof Error && error.name === 'NotAllowedError')
        onChange('blocked')
    }
  }

  function onPause({ target }: Event) {
    // Not by us: a headset's button, or a system that gave the sound to somebody else. A click brings it back.
    if (target === element && element?.paused) onChange('blocked')
  }

  /** Gives whether the sound comes from there now. Browsers without `setSinkId` have only the default. */
  async function route(deviceId: string | null): Promise<boolean> {
    if (!element || !('setSinkId' in element)) return deviceId === null || !element
    try {
      await element.setSinkId(deviceId ?? '')
      return true
    } catch (error) {
      // An AbortError only says that another choice came first.
      return error instanceof Error && error.name === 'AbortError'
    }
  }

  function open(): HTMLAudioElement {
    const opened = new Audio()
    opened.volume = volume
    opened.addEventListener('pause', onPause)
    element = opened
    if (speaker !== null) {
      void route(speaker).then((isThere) => {
        if (isThere || element !== opened) return
        speaker = null
        onFallback('lost', null)
      })
    }
    return opened
  }

  return {
    play(stream) {
      const playing = element ?? open()
      playing.srcObject = stream
      void start()
    },
    resume: start,
    async select(deviceId) {
      const before = speaker
      speaker = deviceId
      if ((await route(deviceId)) || speaker !== deviceId) return
      speaker = before
      onFallback('unavailable', before)
    },
    onDevices(deviceIds) {
      if (speaker === null || deviceIds.has(speaker)) return
      speaker = null
      void route(null)
      onFallback('lost', null)
    },
    setVolume(next) {
      volume = next
      if (element) element.volume = next
    },
    close() {
      if (!element) return
      element.removeEventListener('pause', onPause)
      element.pause()
      element.srcObject = null
      element = null
      onChange('idle')
    },
  }
}
