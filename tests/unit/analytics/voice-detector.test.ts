import { describe, expect, it } from 'vitest'
import { createVoiceDetector, FRAME_MS } from '../../../src/lib/voice-agent/analytics/voice-detector.js'

const length = 480
/** A frame of sound with this amplitude. */
function frame(amplitude: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => amplitude * (random() * 2 - 1))
}

function createRandom(seed: number) {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

const rounded = (time: number | null) => time && Math.round(time)

/** Feeds one amplitude per frame, and returns the changes with their times. */
function hear(amplitudes: readonly number[]) {
  const detector = createVoiceDetector()
  const random = createRandom(7)
  const changes: [change: string, from: number | null, until: number | null][] = []
  for (const [index, amplitude] of amplitudes.entries()) {
    const change = detector.read(frame(amplitude, random), index * FRAME_MS)
    if (change) changes.push([change, rounded(detector.from), rounded(detector.until)])
  }
  return { changes, detector }
}

const seconds = (count: number, amplitude: number) =>
  Array.from({ length: Math.round((count * 1_000) / FRAME_MS) }, () => amplitude)

describe('a voice', () => {
  it('has its first and its last frame', () => {
    const { changes } = hear([...seconds(1, 0), ...seconds(0.7, 0.1), ...seconds(1, 0)])
    expect(changes).toEqual([
      ['began', 1_000, 1_030],
      ['ended', 1_000, 1_700],
    ])
  })

  it('continues across the pauses between words', () => {
    const word = [...seconds(0.3, 0.1), ...seconds(0.2, 0)]
    const { changes } = hear([...seconds(1, 0), ...word, ...word, ...word, ...seconds(1, 0)])
    expect(changes).toEqual([
      ['began', 1_000, 1_030],
      ['ended', 1_000, 2_300],
    ])
  })

  it('starts and ends within a frame', () => {
    const detector = createVoiceDetector()
    const loud = (from: number, until: number) =>
      Float32Array.from({ length }, (_, index) => (index >= from && index < until ? 0.1 : 0))
    const frames = [loud(240, 480), loud(0, 480), loud(0, 480), loud(0, 120), ...Array(40).fill(loud(0, 0))]
    for (const [index, samples] of frames.entries()) detector.read(samples, index * FRAME_MS)
    expect([rounded(detector.from), rounded(detector.until)]).toEqual([5, 32])
  })

  it('ends with its last quiet word after loud ones', () => {
    const { changes } = hear([...seconds(1, 0), ...seconds(2, 0.6), ...seconds(0.1, 0.012), ...seconds(1, 0)])
    expect(changes).toEqual([
      ['began', 1_000, 1_030],
      ['ended', 1_000, 3_100],
    ])
  })

  it('is not a click, and not a constant noise', () => {
    expect(hear([...seconds(1, 0), 0.5, 0.5, ...seconds(1, 0)]).changes).toEqual([])
    // A fan at −46 dBFS: the first seconds count as a voice, until the noise level is known.
    const { detector } = hear(seconds(60, 0.008))
    expect(detector.isVoiced).toBe(false)
  })

  it('is detected above a known noise', () => {
    const { changes } = hear([...seconds(60, 0.008), ...seconds(0.5, 0.1), ...seconds(1, 0.008)])
    expect(changes.slice(-2)).toEqual([
      ['began', 60_000, 60_030],
      ['ended', 60_000, 60_500],
    ])
  })

  it('does not become noise when the user talks for a minute', () => {
    const words = Array.from({ length: 50 }, () => [...seconds(1.1, 0.1), ...seconds(0.1, 0.002)])
    const { changes } = hear([...seconds(1, 0.002), ...words.flat(), ...seconds(1, 0.002)])
    expect(changes).toEqual([
      ['began', 1_000, 1_030],
      ['ended', 1_000, 60_900],
    ])
  })
})
