import { callListener } from '../agent/emitter.js'
import { isPageSeen } from '../page/visibility.js'

/** The voice to measure: the user's or the agent's. */
export type AudioSource = 'microphone' | 'agent'

/**
 * Calls the listener with the current tracks of a call and each later one; with null when the track ends.
 *
 * @returns an unsubscribe function
 */
export type WatchTracks = (
  listener: (
    source: AudioSource,
    track: MediaStreamTrack | null,
    /** Returns the call's AudioContext; null while none may run. */
    getContext: () => AudioContext | null,
  ) => void,
) => () => void

/** Current loudness of a voice. Not in the store, because it changes many times per second. */
export interface AudioLevel {
  /** Returns the level in steps of 0.05, from 0 (silence: −60 dBFS and below) to 1 (full scale). */
  get(): number
  /**
   * Measures 16 times per second while there is a subscriber and the user can see the page or its picture-in-picture window. While all
   * voices are silent, 8 times. Calls the listener only if the level has changed.
   */
  subscribe(listener: () => void): () => void
}

export interface AudioLevelMeter extends AudioLevel {
  setTrack(track: MediaStreamTrack | null): void
  /** Reports a level measured by a transport with its own media. */
  report(level: number): void
  /** Drops the track and falls to 0 at the end of a call. Subscribers stay for the next call. */
  reset(): void
}

/** Quietest sound that shows, between a quiet room and speech. */
const FLOOR_DECIBELS = -60
/** Milliseconds between measurements. A meter looks alive from about ten per second, and each one costs style and paint. */
const INTERVAL_MS = 60
/** The same while all voices are silent. Short enough that the first syllable shows. */
const SILENT_INTERVAL_MS = 120
/** Milliseconds between reads of the statistics, if there is no AudioContext. They cost more than an analyser. */
const STATS_INTERVAL_MS = 100
/** Steps from silence to full scale, 3 dB each, so that noise alone does not repaint a meter. */
const STEPS = 20

/** Converts a linear amplitude, where 1 is full scale, to a level from 0 to 1 that is linear in decibels, like perceived loudness. */
function toLevel(amplitude: number): number {
  const decibels = 20 * Math.log10(Math.max(amplitude, Number.EPSILON))
  const level = 1 - decibels / FLOOR_DECIBELS
  return Math.round(Math.min(1, Math.max(0, level)) * STEPS) / STEPS
}

function amplitudeOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.sqrt(sum / samples.length)
}

/** Provides an AudioContext that may run. Before a click on the page, none may, and browsers log a warning if one is created. */
export function createContextSource(): { get(): AudioContext | null; close(): void } {
  let context: AudioContext | null = null
  let resuming: AudioContext | null = null

  async function resume(suspended: AudioContext) {
    // Called with every measurement, but the browser may not settle the promise until the next click.
    if (resuming === suspended) return
    resuming = suspended
    await suspended.resume().catch(() => {})
    // By then, the next call may be resuming its own context.
    if (resuming === suspended) resuming = null
  }

  return {
    get() {
      if (!context && navigator.userActivation?.hasBeenActive !== false) context = new AudioContext()
      if (context?.state === 'suspended') void resume(context)
      return context?.state === 'running' ? context : null
    },
    close() {
      void context?.close()
      context = resuming = null
    },
  }
}

/** Active meters: how to measure, and the level. They share one timer, so that a page with several meters draws them in the same frame. */
const measuring = new Map<() => void, () => number>()
let timer: ReturnType<typeof setTimeout> | undefined

function measureNext(): void {
  const isSilent = [...measuring.values()].every((level) => level() === 0)
  timer = setTimeout(
    () => {
      // Started first, so that an error in a measurement doesn't end the others, and a listener can stop them.
      measureNext()
      if (isPageSeen()) for (const measure of [...measuring.keys()]) measure()
    },
    isSilent ? SILENT_INTERVAL_MS : INTERVAL_MS,
  )
}

function addMeasurement(measure: () => void, level: () => number): void {
  measuring.set(measure, level)
  if (timer === undefined) measureNext()
}

function removeMeasurement(measure: () => void): void {
  measuring.delete(measure)
  if (measuring.size > 0) return
  clearTimeout(timer)
  timer = undefined
}

/**
 * @param getContext Returns null while no context runs.
 * @param readAmplitude Reads the amplitude from the peer connection's statistics; null if they have none.
 */
export function createAudioLevel({
  getContext,
  readAmplitude,
  onTrack = () => {},
}: {
  getContext: () => AudioContext | null
  readAmplitude: () => Promise<number | null>
  onTrack?: (track: MediaStreamTrack | null) => void
}): AudioLevelMeter {
  const listeners = new Set<() => void>()
  let level = 0
  let track: MediaStreamTrack | null = null
  let analyser: { node: AnalyserNode; source: MediaStreamAudioSourceNode; samples: Float32Array } | null =
    null
  let lastRead = 0

  function set(next: number) {
    if (next === level) return
    level = next
    for (const listener of [...listeners]) callListener(listener)
  }

  function analyse(measured: MediaStreamTrack): number | null {
    const context = getContext()
    if (!context) return null
    if (!analyser) {
      const node = new AnalyserNode(context, { fftSize: 1024 })
      const source = context.createMediaStreamSource(new MediaStream([measured]))
      source.connect(node)
      analyser = { node, source, samples: new Float32Array(node.fftSize) }
    }
    analyser.node.getFloatTimeDomainData(analyser.samples as Float32Array<ArrayBuffer>)
    return amplitudeOf(analyser.samples)
  }

  async function readStats(now: number) {
    if (now - lastRead < STATS_INTERVAL_MS) return
    lastRead = now
    const measured = track
    const amplitude = await readAmplitude()
    if (amplitude !== null && measured === track && measuring.has(measure)) set(toLevel(amplitude))
  }

  function measure() {
    if (!track) return
    const amplitude = analyse(track)
    if (amplitude === null) void readStats(performance.now())
    else set(toLevel(amplitude))
  }

  function stop() {
    removeMeasurement(measure)
    analyser?.source.disconnect()
    analyser = null
  }

  function start() {
    if (track && listeners.size > 0) addMeasurement(measure, () => level)
  }

  return {
    get: () => level,
    subscribe(listener) {
      // Wraps the listener, because two subscribers may share a function.
      const subscriber = () => listener()
      listeners.add(subscriber)
      start()
      return () => {
        listeners.delete(subscriber)
        if (listeners.size === 0) stop()
      }
    },
    setTrack(next) {
      if (next === track) return
      stop()
      track = next
      if (!track) set(0)
      start()
      onTrack(track)
    },
    // Invalid numbers count as silence.
    report: (next) => set(next > 0 ? Math.min(1, next) : 0),
    reset() {
      stop()
      if (track) onTrack(null)
      track = null
      set(0)
    },
  }
}
