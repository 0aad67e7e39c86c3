/** The ear, with an audio graph whose sound is a function of time. Tests with a real one are in tests/browser/analytics. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type HeardFact, startHearing } from '../../../src/lib/voice-agent/analytics/hearing.js'
import type { AudioSource, WatchTracks } from '../../../src/lib/voice-agent/audio/audio-level.js'

const sampleRate = 48_000
const epoch = 1_700_000_000_000

/** Amplitude of a track at a given time in milliseconds. */
type Sound = (ms: number) => number
/** Loud within these spans, in milliseconds. */
const spoken =
  (...spans: [from: number, until: number][]): Sound =>
  (ms) =>
    spans.some(([from, until]) => ms >= from && ms < until) ? 0.2 : 0

let nodes = 0

/** An audio graph whose clock the test controls. */
function createGraph({ outputLatency = 0, isRunning = true, canAnalyse = true } = {}) {
  const context = {
    sampleRate,
    outputLatency,
    get currentTime() {
      return (Date.now() - epoch) / 1_000
    },
    createMediaStreamSource({ track }: { track: { sound: Sound } }) {
      if (!canAnalyse) throw new DOMException('The sample rates differ.', 'NotSupportedError')
      return {
        connect(node: { sound: Sound }) {
          node.sound = track.sound
          nodes++
        },
        disconnect: () => void nodes--,
      }
    },
  }
  vi.stubGlobal(
    'MediaStream',
    class {
      readonly track: unknown
      constructor([track]: unknown[]) {
        this.track = track
      }
    },
  )
  vi.stubGlobal(
    'AnalyserNode',
    class {
      sound: Sound = () => 0
      getFloatTimeDomainData(samples: Float32Array) {
        const now = Math.round(context.currentTime * sampleRate)
        for (let index = 0; index < samples.length; index++) {
          const ms = ((now - samples.length + index) / sampleRate) * 1_000
          samples[index] = this.sound(ms) * (index % 2 ? 1 : -1)
        }
      }
    },
  )
  const getContext = () => (isRunning ? (context as unknown as AudioContext) : null)
  let listener: Parameters<WatchTracks>[0] | null = null
  const facts: HeardFact[] = []
  const onError = vi.fn()
  const stop = startHearing(
    (added) => {
      listener = added
      return () => {
        listener = null
      }
    },
    (fact) => facts.push(fact),
    onError,
  )
  return {
    facts,
    onError,
    stop,
    isWatched: () => listener !== null,
    setTrack(source: AudioSource, sound: Sound | null) {
      listener?.(source, sound && ({ sound } as unknown as MediaStreamTrack), getContext)
    },
  }
}

beforeEach(() => {
  nodes = 0
  vi.useFakeTimers({ now: epoch })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const at = (time: number | null) => (time === null ? null : time - epoch)

/** Facts with times relative to the start. */
const timesOf = (facts: readonly HeardFact[]) =>
  facts.map(({ name, payload }) => [name, ...Object.values(payload).map(at)])

describe('the ear', () => {
  it.each([300, 700, 1_500])('hears an answer after %d ms, from mid-frame to mid-frame', (delayMs) => {
    const { setTrack, facts } = createGraph()
    setTrack('microphone', spoken([1_000, 2_000]))
    setTrack('agent', spoken([2_000 + delayMs, 4_500]))
    vi.advanceTimersByTime(6_000)
    expect(timesOf(facts)).toEqual([['answerHeard', 2_000, 2_000 + delayMs]])
  })

  it("adds the sound card's latency", () => {
    const { setTrack, facts } = createGraph({ outputLatency: 0.05 })
    setTrack('microphone', spoken([1_000, 2_000]))
    setTrack('agent', spoken([2_500, 4_500]))
    vi.advanceTimersByTime(6_000)
    expect(timesOf(facts)).toEqual([['answerHeard', 2_000, 2_550]])
  })

  it('hears the agent fall silent because the user talks', () => {
    const { setTrack, facts } = createGraph()
    setTrack('microphone', spoken([2_000, 3_000]))
    setTrack('agent', spoken([500, 2_400]))
    vi.advanceTimersByTime(6_000)
    expect(timesOf(facts)).toEqual([
      ['answerHeard', null, 500],
      ['agentSilenced', 2_000, 2_400],
    ])
  })

  it('reports no latency if the user talks over the start of the answer', () => {
    const { setTrack, facts } = createGraph()
    setTrack('microphone', spoken([1_000, 2_600]))
    setTrack('agent', spoken([2_500, 4_500]))
    vi.advanceTimersByTime(6_000)
    expect(timesOf(facts)).toEqual([['answerHeard', null, 2_500]])
  })

  it('reports no latency across a gap in a throttled page', () => {
    const { setTrack, facts } = createGraph()
    setTrack('microphone', spoken([1_000, 2_000]))
    setTrack('agent', spoken([4_500, 6_000]))
    vi.advanceTimersByTime(2_200)
    vi.setSystemTime(epoch + 4_000)
    vi.advanceTimersByTime(3_000)
    expect(timesOf(facts)).toEqual([['answerHeard', null, 4_500]])
  })

  it('waits until a context may run, and opens nothing before', () => {
    const { setTrack, facts } = createGraph({ isRunning: false })
    setTrack('microphone', spoken([0, 10_000]))
    setTrack('agent', spoken([0, 10_000]))
    vi.advanceTimersByTime(5_000)
    expect(nodes).toBe(0)
    expect(facts).toEqual([])
  })

  it('reads nothing without a call, or after it', () => {
    const { setTrack } = createGraph()
    setTrack('microphone', spoken([0, 10_000]))
    expect(vi.getTimerCount()).toBe(0)
    setTrack('agent', spoken([0, 10_000]))
    vi.advanceTimersByTime(1_000)
    expect(nodes).toBe(2)
    setTrack('agent', null)
    setTrack('microphone', null)
    expect({ nodes, timers: vi.getTimerCount() }).toEqual({ nodes: 0, timers: 0 })
  })

  it('stops if the browser cannot analyse a track, and says why once', () => {
    const { setTrack, onError, isWatched } = createGraph({ canAnalyse: false })
    setTrack('microphone', spoken([0, 10_000]))
    setTrack('agent', spoken([0, 10_000]))
    vi.advanceTimersByTime(1_000)
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: 'NotSupportedError' }))
    expect({ timers: vi.getTimerCount(), isWatched: isWatched() }).toEqual({ timers: 0, isWatched: false })
  })

  it("stops when the user's consent ends", () => {
    const { setTrack, stop, isWatched } = createGraph()
    setTrack('microphone', spoken([0, 10_000]))
    setTrack('agent', spoken([0, 10_000]))
    vi.advanceTimersByTime(1_000)
    stop()
    expect({ nodes, timers: vi.getTimerCount(), isWatched: isWatched() }).toEqual({
      nodes: 0,
      timers: 0,
      isWatched: false,
    })
  })
})
