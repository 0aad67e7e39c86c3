import { callListener } from '../agent/emitter.js'

/** The user's voice, or the agent's. */
export type AudioSource = 'microphone' | 'agent'

/** How loud a voice is at the moment. Not in the store: it changes with every frame. */
export interface AudioLevel {
  /** From 0, silence (−60 dBFS and below), to 1, full scale. */
  get(): number
  /** Measures with every frame while there are listeners. A hidden page draws no frames, so it measures nothing. */
  subscribe(listener: () => void): () => void
}

export interface AudioLevelMeter extends AudioLevel {
  setTrack(track: MediaStreamTrack | null): void
  /** Sets a level that a transport with its own media has measured. */
  report(level: number): void
  /** Drops the track and falls to 0, at the end of a call. The listeners stay for the next one. */
  reset(): void
}

/** Level 0. Speech is louder, a quiet room is not. */
const floorDecibels = -60
/** Milliseconds between two readings of the statistics, used without an AudioContext: they cost more than an analyser. */
const statsInterval = 100

/**
 * Converts a linear amplitude, where 1 is full scale, to a level from 0 to 1 that follows decibels, as hearing does. In steps of a
 * hundredth.
 */
export function toLevel(amplitude: number): number {
  const decibels = 20 * Math.log10(Math.max(amplitude, Number.EPSILON))
  const level = 1 - decibels / floorDecibels
  return Math.round(Math.min(1, Math.max(0, level)) * 100) / 100
}

function amplitudeOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.sqrt(sum / samples.length)
}

/** Creates the AudioContext once the user has clicked: earlier it may not run, and browsers warn about the attempt. */
export function createContextSource(): { get(): AudioContext | null; close(): void } {
  let context: AudioContext | null = null
  let resuming: AudioContext | null = null

  async function resume(suspended: AudioContext) {
    // Called with every frame, but the browser may answer only after the next click.
    if (resuming === suspended) return
    resuming = suspended
    await suspended.resume().catch(() => {})
    // By then, the next call may be resuming a context of its own.
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

/**
 * @param getContext Returns null while no context runs.
 * @param readAmplitude Reads the peer connection's statistics; null if they have no amplitude.
 */
export function createAudioLevel({
  getContext,
  readAmplitude,
}: {
  getContext: () => AudioContext | null
  readAmplitude: () => Promise<number | null>
}): AudioLevelMeter {
  const listeners = new Set<() => void>()
  let level = 0
  let track: MediaStreamTrack | null = null
  let analyser: { node: AnalyserNode; source: MediaStreamAudioSourceNode; samples: Float32Array } | null =
    null
  let frame: number | null = null
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
    if (now - lastRead < statsInterval) return
    lastRead = now
    const asked = track
    const amplitude = await readAmplitude()
    if (amplitude !== null && asked === track && frame !== null) set(toLevel(amplitude))
  }

  function measure(now: number) {
    if (!track) return
    frame = requestAnimationFrame(measure)
    const amplitude = analyse(track)
    if (amplitude === null) void readStats(now)
    else set(toLevel(amplitude))
  }

  function stop() {
    if (frame !== null) cancelAnimationFrame(frame)
    frame = null
    analyser?.source.disconnect()
    analyser = null
  }

  function start() {
    if (frame === null && track && listeners.size > 0) frame = requestAnimationFrame(measure)
  }

  return {
    get: () => level,
    subscribe(listener) {
      // Wrapped, because two subscribers may share a function.
      const own = () => listener()
      listeners.add(own)
      start()
      return () => {
        listeners.delete(own)
        if (listeners.size === 0) stop()
      }
    },
    setTrack(next) {
      if (next === track) return
      stop()
      track = next
      if (!track) set(0)
      start()
    },
    // NaN counts as silence.
    report: (next) => set(next > 0 ? Math.min(1, next) : 0),
    reset() {
      stop()
      track = null
      set(0)
    },
  }
}
