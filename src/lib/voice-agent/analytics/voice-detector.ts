/** Length of a frame in milliseconds. */
export const frameMs = 10

/** Quietest sound that counts: −50 dBFS, a little above a quiet room with automatic gain. */
const quietest = 0.003
/** A voice is 12 dB above the noise around it. */
const aboveNoise = 4
/** Share by which the estimate of the noise follows a louder frame: about ten seconds of an even sound become noise. */
const noiseRise = 0.000_3
/** Share by which it grows at most, so that the end of a loud word is not taken for noise. */
const fastestRise = 0.003
/** Share by which it follows a quieter frame: each pause between words resets it. */
const noiseFall = 0.2
/** Frames that are looked at together, and those of them that must be loud: a click is no voice. */
const groupLength = 5
const loudInGroup = 3
/** Silence in milliseconds that ends a voice: words have shorter pauses. */
const silenceMs = 300

/** Finds voice in a stream of samples, with the times of its first and last frame. */
export interface VoiceDetector {
  /** First loud sample of the voice that is heard, or was heard last, in milliseconds; null before the first one. */
  readonly from: number | null
  /** Its last loud sample, in milliseconds; null before the first one. */
  readonly until: number | null
  /** True until 300 ms after the last voiced frame. */
  readonly isVoiced: boolean
  /**
   * Reads one frame of samples from −1 to 1.
   *
   * @param at Time of its first sample, in milliseconds of any clock.
   * @returns `began` with the frame that makes sure that there is a voice, `ended` 300 ms after its last frame, and null otherwise
   */
  read(samples: Float32Array, at: number): 'began' | 'ended' | null
  /** Drops everything that was heard, after a gap. */
  reset(): void
}

function loudnessOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.sqrt(sum / samples.length)
}

/** Milliseconds from the beginning of a frame to its first and its last sample that reaches a level. */
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
      // The times of a frame are those of its samples: it is too long for a precise latency.
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
