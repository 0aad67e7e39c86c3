import type { AudioSource } from './wrtc.js'

export const sampleRate = 48_000
const frameMs = 10
const frameSamples = (sampleRate * frameMs) / 1000
/** After a longer pause of the process, the missed frames are dropped instead of being sent in a burst. */
const longestCatchUpMs = 200

export interface Player {
  /**
   * Plays the samples until their end or until the signal aborts. It replaces samples that are still playing.
   * `onPosition` gets the number of played samples.
   */
  play(samples: Int16Array, signal: AbortSignal, onPosition: (played: number) => void): Promise<void>
}

export interface AudioOut extends Player {
  dispose(): void
}

interface Playing {
  samples: Int16Array
  position: number
  onPosition: (played: number) => void
  end: () => void
}

/** Sends a frame to the track every 10 ms, with silence if there is nothing to play. */
export function createAudioOut(source: AudioSource): AudioOut {
  let playing: Playing | null = null
  let startedAt = performance.now()
  let sent = 0

  const sendFrame = () => {
    // A new buffer per frame, because libwebrtc reads it after this function returns.
    const samples = new Int16Array(frameSamples)
    const current = playing
    if (current) {
      samples.set(current.samples.subarray(current.position, current.position + frameSamples))
      current.position = Math.min(current.position + frameSamples, current.samples.length)
    }
    source.onData({ samples, sampleRate, bitsPerSample: 16, channelCount: 1, numberOfFrames: frameSamples })
    if (!current) return
    current.onPosition(current.position)
    if (current.position >= current.samples.length) current.end()
  }

  const timer = setInterval(() => {
    const elapsed = performance.now() - startedAt
    const due = Math.floor(elapsed / frameMs)
    if ((due - sent) * frameMs > longestCatchUpMs) {
      startedAt = performance.now()
      sent = 0
      sendFrame()
      sent = 0
      return
    }
    for (; sent < due; sent++) sendFrame()
  }, frameMs)

  return {
    play(samples, signal, onPosition) {
      playing?.end()
      return new Promise<void>((resolve) => {
        const end = () => {
          signal.removeEventListener('abort', end)
          if (playing === current) playing = null
          resolve()
        }
        const current: Playing = { samples, position: 0, onPosition, end }
        if (signal.aborted) return resolve()
        signal.addEventListener('abort', end)
        playing = current
      })
    },
    dispose() {
      clearInterval(timer)
      playing?.end()
    },
  }
}
