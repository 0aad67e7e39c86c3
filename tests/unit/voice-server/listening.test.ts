import { describe, expect, it } from 'vitest'
import { createListening } from '../../../examples/voice-app/server/listening.js'
import { createVoiceActivity } from '../../../examples/voice-app/server/voice-activity.js'

const rate = 48_000
const frameSamples = rate / 100

/** A pseudo-random generator, so that the noise is the same in each run. */
function noise(amplitude: number, seed = 1) {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return ((state / 1073741824 - 1) * amplitude) | 0
  }
}

type Sound = (sample: number) => number

const tone: Sound = (sample) => Math.sin((sample * 2 * Math.PI * 220) / rate) * 8000
const hiss = noise(120)
const quiet: Sound = () => hiss()
/** Speech: 160 ms syllables with gaps of 60 ms. */
const talk: Sound = (sample) => (sample % (rate * 0.22) < rate * 0.16 ? tone(sample) : hiss())
/** Chromium's fake microphone as received: 130 ms out of every 500. */
const beeps: Sound = (sample) => (sample % (rate * 0.5) < rate * 0.13 ? tone(sample) : hiss())

/** Plays sounds into a listener and records its reports with their times. */
function listen(sounds: [ms: number, sound: Sound][], agentHasFloor: (ms: number) => boolean = () => false) {
  const activity = createVoiceActivity()
  const events: { what: string; at: number; seconds?: number }[] = []
  let at = 0
  let interrupted = false
  const note = (what: string, seconds?: number) =>
    events.push({ what, at, ...(seconds === undefined ? {} : { seconds }) })
  const listening = createListening({
    agentHasFloor: () => !interrupted && agentHasFloor(at),
    bargeIn: () => {
      interrupted = true
      note('barge-in')
    },
    speechStarted: () => note('start'),
    speechStopped: () => note('stop'),
    turnSpoken: (seconds) => note('turn', seconds),
  })
  for (const [ms, sound] of sounds) {
    for (const until = at + ms; at < until; at += 10) {
      const samples = Int16Array.from({ length: frameSamples }, (_, i) => sound((at / 10) * frameSamples + i))
      listening.push(activity.push(samples, rate), 10)
    }
  }
  return { events, names: events.map(({ what }) => what) }
}

describe('listening', () => {
  it('hears speech start and end, and how long it was', () => {
    const { events, names } = listen([
      [1000, quiet],
      [2000, talk],
      [1500, quiet],
    ])
    expect(names).toEqual(['start', 'stop', 'turn'])
    expect(events[0]?.at).toBeLessThan(1000 + 250)
    expect(events[1]?.at).toBeGreaterThanOrEqual(3000 + 500)
    expect(events[1]?.at).toBeLessThan(3000 + 700)
    expect(events[2]?.seconds).toBeCloseTo(2, 0)
  })

  it('recognises noise: steady hiss, clicks and digital silence are not speech', () => {
    const loudHiss = noise(1500)
    expect(listen([[5000, () => loudHiss()]]).names).toEqual([])
    expect(
      listen([[5000, (sample) => (sample % (rate * 0.4) < rate * 0.03 ? tone(sample) : 0)]]).names,
    ).toEqual([])
    expect(listen([[2000, () => 0]]).names).toEqual([])
  })

  it('ignores a cough shorter than a quarter of a second', () => {
    expect(
      listen([
        [500, quiet],
        [180, tone],
        [1500, quiet],
      ]).names,
    ).toEqual(['start', 'stop'])
  })

  it('treats beeps that never end as a spoken turn', () => {
    const { names, events } = listen([[3000, beeps]])
    expect(names.slice(0, 3)).toEqual(['start', 'stop', 'turn'])
    expect(events[1]?.at).toBeLessThan(2200)
  })

  it('lets the agent finish while there are only beeps, and hears the user afterwards', () => {
    const { names, events } = listen([[9000, beeps]], (ms) => ms < 6000)
    expect(names).not.toContain('barge-in')
    expect(names[0]).toBe('start')
    expect(events[0]?.at).toBeGreaterThanOrEqual(6000)
  })

  it('interrupts the agent after 700 ms of speech over it', () => {
    const { names, events } = listen(
      [
        [1000, quiet],
        [2000, talk],
        [1000, quiet],
      ],
      (ms) => ms >= 500,
    )
    expect(names).toEqual(['barge-in', 'start', 'stop', 'turn'])
    expect(events[0]?.at).toBeGreaterThanOrEqual(1700 - 10)
    expect(events[0]?.at).toBeLessThan(1900)
  })

  it('does not answer words dropped while the agent speaks', () => {
    expect(
      listen(
        [
          [1000, quiet],
          [500, talk],
          [1500, quiet],
        ],
        () => true,
      ).names,
    ).toEqual([])
  })
})
