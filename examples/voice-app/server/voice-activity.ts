export interface VoiceActivityOptions {
  /** Voice that must be heard before speech is said to have begun, in ms. @default 100 */
  attackMs?: number
  /** Quiet that must pass before speech is said to have ended, in ms. @default 600 */
  hangoverMs?: number
  /** How far above the noise floor a frame is voice, in dB. @default 9 */
  marginDb?: number
  /** Nothing quieter than this is ever voice, in dBFS. @default -50 */
  quietestDb?: number
}

/** What is known after a frame. */
export interface VoiceActivity {
  /** Speech is going on, the hangover included. */
  speaking: boolean
  /** This very frame is louder than the noise. */
  voiced: boolean
  /** From the first voiced frame of this speech to the last one, in ms; kept after its end until the next. */
  speechMs: number
}

const digitalSilenceDb = -90
/** Speech dips within this long, so that what does not is noise. */
const floorWindowMs = 3000
const floorSliceMs = 250
/** Talking fills more than this share of a second and a half; ticking and beeping for ever does not. */
const sparseShare = 0.35
const sparseWindowMs = 1500
/** The attack forgets this share of itself per quiet millisecond: clicks do not add up to speech. */
const attackDecay = 0.5

/** Energy against an adaptive noise floor (minimum statistics), fed frame by frame. */
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

/** The level of a frame in dB relative to full scale. */
export function levelDb(samples: Int16Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const rms = Math.sqrt(sum / Math.max(1, samples.length)) / 32768
  return rms === 0 ? digitalSilenceDb : Math.max(digitalSilenceDb, 20 * Math.log10(rms))
}

/** The quietest level of the last seconds: stays put through speech, follows a fan that is switched on. */
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
      // A muted or not yet running microphone sends zeros: no measure of the room.
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
