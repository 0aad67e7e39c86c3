/** Length of a frame in milliseconds. */
export const FRAME_MS = 10

/** Quietest sound that counts: −50 dBFS, a little above a quiet room with automatic gain. */
const QUIETEST = 0.003
/** A voice is at least 12 dB above the background noise. */
const ABOVE_NOISE = 4
/** Share by which the noise estimate follows a louder frame: an even sound becomes noise after about ten seconds. */
const NOISE_RISE = 0.000_3
/** Maximum share by which it grows, so that the end of a loud word is not mistaken for noise. */
const FASTEST_RISE = 0.003
/** Share by which it follows a quieter frame: each pause between words resets it. */
const NOISE_FALL = 0.2
/** Number of frames per group, and how many of them must be loud: a click is not a voice. */
const GROUP_LENGTH = 5
const LOUD_IN_GROUP = 3
/** Milliseconds of silence that end a voice. Pauses between words are shorter. */
const SILENCE_MS = 300

/** Detects voice in a stream of samples, with the times of its first and last frame. */
export interface VoiceDetector {
  /** First loud sample of the current or last voice, in milliseconds; null before the first one. */
  readonly from: number | null
  /** Its last loud sample, in milliseconds; null before the first one. */
  readonly until: number | null
  /** True until 300 ms after the last voiced frame. */
  readonly isVoiced: boolean
  /**
   * Reads one frame of samples from −1 to 1.
   *
   * @param at Time of the frame's first sample, in milliseconds on any clock.
   * @returns `began` with the frame that confirms a voice, `ended` 300 ms after its last frame, and null otherwise
   */
  read(samples: Float32Array, at: number): 'began' | 'ended' | null
  /** Drops everything heard so far, after a gap. */
  reset(): void
}

function loudnessOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.sqrt(sum / samples.length)
}

/** Milliseconds from the start of a frame to its first and last sample that reach a level. */
function edgesOf(samples: Float32Array, level: number): { first: number; last: number } {
  const isLoud = (sample: number) => Math.abs(sample) >= level
  const msPerSample = FRAME_MS / samples.length
  return { first: samples.findIndex(isLoud) * msPerSample, last: samples.findLastIndex(isLoud) * msPerSample }
}

export function createVoiceDetector(): VoiceDetector {
  let noise = 0
  /** Times of the first loud samples of the last five frames; null for a quiet frame. */
  let group: (number | null)[] = []
  let from: number | null = null
  let until: number | null = null
  let isVoiced = false

  return {
    get from() {
      return from
    },
    get until() {
      return until
    },
    get isVoiced() {
      return isVoiced
    },
    read(samples, at) {
      const loudness = loudnessOf(samples)
      const level = Math.max(QUIETEST, noise * ABOVE_NOISE)
      const isLoud = loudness > level
      if (loudness < noise) noise += (loudness - noise) * NOISE_FALL
      else
        noise += Math.min(
          (loudness - noise) * NOISE_RISE,
          Math.max(noise, QUIETEST / ABOVE_NOISE) * FASTEST_RISE,
        )
      // Uses the times of samples, because a frame is too long for a precise latency.
      const edges = isLoud ? edgesOf(samples, level) : null
      group = [...group, edges && at + edges.first].slice(-GROUP_LENGTH)
      const loud = group.filter((time) => time !== null)
      if (edges && loud.length >= LOUD_IN_GROUP) {
        until = at + edges.last
        if (isVoiced) return null
        isVoiced = true
        from = loud[0] ?? at
        return 'began'
      }
      if (!isVoiced || until === null || at + FRAME_MS - until < SILENCE_MS) return null
      isVoiced = false
      return 'ended'
    },
    reset() {
      group = []
      from = until = null
      isVoiced = false
    },
  }
}
