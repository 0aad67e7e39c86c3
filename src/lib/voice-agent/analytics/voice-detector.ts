/** Length of a frame in milliseconds. */
export const frameMs = 10

/** Quietest sound that counts: −50 dBFS, a little above a quiet room with automatic gain. */
const quietest = 0.003
/** A voice is at least 12 dB above the background noise. */
const aboveNoise = 4
/** Share by which the noise estimate follows a louder frame: an even sound becomes noise after about ten seconds. */
const noiseRise = 0.000_3
/** Maximum share by which it grows, so that the end of a loud word is not mistaken for noise. */
const fastestRise = 0.003
/** Share by which it follows a quieter frame: each pause between words resets it. */
const noiseFall = 0.2
/** Number of frames per group, and how many of them must be loud: a click is not a voice. */
const groupLength = 5
const loudInGroup = 3
/** Milliseconds of silence that end a voice. Pauses between words are shorter. */
const silenceMs = 300

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
  const msPerSample = frameMs / samples.length
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
      const level = Math.max(quietest, noise * aboveNoise)
      const isLoud = loudness > level
      if (loudness < noise) noise += (loudness - noise) * noiseFall
      else
        noise += Math.min(
          (loudness - noise) * noiseRise,
          Math.max(noise, quietest / aboveNoise) * fastestRise,
        )
      // Uses the times of samples, because a frame is too long for a precise latency.
      const edges = isLoud ? edgesOf(samples, level) : null
      group = [...group, edges && at + edges.first].slice(-groupLength)
      const loud = group.filter((time) => time !== null)
      if (edges && loud.length >= loudInGroup) {
        until = at + edges.last
        if (isVoiced) return null
        isVoiced = true
        from = loud[0] ?? at
        return 'began'
      }
      if (!isVoiced || until === null || at + frameMs - until < silenceMs) return null
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
