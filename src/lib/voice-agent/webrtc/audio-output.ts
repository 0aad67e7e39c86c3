import type { PlaybackState } from '../../../../store/index.js'

/** What plays the agent's voice: an audio element of our own, which goes with the call. */
export interface AudioOutput {
  play(stream: MediaStream): void
  /** Plays what the browser had blocked. Call it from a click. */
  resume(): Promise<void>
  close(): void
}

export function createAudioOutput(onChange: (playback: PlaybackState) => void): AudioOutput {
  let element: HTMLAudioElement | null = null

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

  return {
    play(stream) {
      element ??= new Audio()
      element.srcObject = stream
      void start()
    },
    resume: start,
    close() {
      if (!element) return
      element.pause()
      element.srcObject = null
      element = null
      onChange('idle')
    },
  }
}
