export interface VoiceActivityOptions {
  /** Milliseconds of voice after which speech begins. @default 100 */
  attackMs?: number
  /** Milliseconds of quiet after which speech ends. @default 600 */
  hangoverMs?: number
  /** Level above the noise floor from which a frame is voice, in dB. @default 9 */
  marginDb?: number
  /** Level below which a frame is never voice, in dBFS. @default -50 */
  quietestDb?: number
}

/** Voice activity after a frame. */
export interface VoiceActivity {
  /** True during speech, including the hangover. */
  speaking: boolean
  /** True if this frame is louder than the noise. */
  voiced: boolean
  /** Milliseconds from the first to the last voiced frame of the current or last speech. */
  speechMs: number
}

const digitalSilenceDb = -90
/** Speech has a pause within this window; a level without one is noise. */
const floorWindowMs = 3000
const floorSliceMs = 250
/** Speech fills more than this share of the window; repeated ticks and beeps do not. */
const sparseShare = 0.35
const sparseWindowMs = 1500
/** The onset decreases by this much per quiet millisecond, so that clicks do not add up to speech. */
const attackDecay = 0.5

/** Compares the energy of each frame with an adaptive noise floor (minimum statistics). */
export function createVoiceActivity(options: VoiceActivityOptions = {}) {
  const { attackMs = 100, hangoverMs = 600, marginDb = 9, quietestDb = -50 } = options
  const floor = createNoiseFloor()
  let speaking = false
  let onset = 0
  let quietMs = 0
  let speechMs = 0
  let sinceOnset = 0
  let recent: boolean[] = []

  const isSparse = (frameMs: number) =>
    recent.length * frameMs >= sparseWindowMs && recent.filter(Boolean).length < recent.length * sparseShare

  return {
    push(samples: Int16Array, sampleRate: number): VoiceActivity {
      const frameMs = (samples.length / sampleRate) * 1000
      const level = levelDb(samples)
      const voiced = level > Math.max(floor.level() + marginDb, quietestDb)
      floor.push(level, frameMs)

      sinceOnset += frameMs
      quietMs = voiced ? 0 : quietMs + frameMs
      if (speaking) {
        if (voiced) speechMs = sinceOnset
        recent = [...recent, voiced].slice(-Math.ceil(sparseWindowMs / frameMs))
        if (quietMs >= hangoverMs || isSparse(frameMs)) {
          speaking = false
          onset = 0
        }
        return { speaking, voiced, speechMs }
      }
      if (voiced && onset === 0) sinceOnset = frameMs
      onset = voiced ? onset + frameMs : Math.max(0, onset - frameMs * attackDecay)
      if (onset >= attackMs) {
        speaking = true
        recent = []
        speechMs = sinceOnset
      }
      return { speaking, voiced, speechMs }
    },
  }
}

/** Computes the level of a frame in dBFS. */
export function levelDb(samples: Int16Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const rms = Math.sqrt(sum / Math.max(1, samples.length)) / 32768
  return rms === 0 ? digitalSilenceDb : Math.max(digitalSilenceDb, 20 * Math.log10(rms))
}

/** Tracks the lowest level of the last seconds. It stays constant during speech, and follows new steady noise such as a fan. */
function createNoiseFloor() {
  let slices: number[] = []
  let slice = Number.POSITIVE_INFINITY
  let sliceMs = 0
  return {
    level(): number {
      const lowest = Math.min(slice, ...slices)
      return Number.isFinite(lowest) ? lowest : 0
    },
    push(level: number, frameMs: number): void {
      // Ignores zeros, which a muted microphone sends, because they do not measure the room.
      if (level <= digitalSilenceDb) return
      slice = Math.min(slice, level)
      sliceMs += frameMs
      if (sliceMs < floorSliceMs) return
      slices = [...slices, slice].slice(-Math.ceil(floorWindowMs / floorSliceMs))
      slice = Number.POSITIVE_INFINITY
      sliceMs = 0
    },
  }
}
