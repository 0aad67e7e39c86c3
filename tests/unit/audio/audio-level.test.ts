import { beforeEach, expect, it, vi } from 'vitest'
import { createAudioLevel } from '../../../src/lib/voice-agent/audio/audio-level.js'
import { StubTrack } from './stubs.js'

let amplitude = 0
const getFloatTimeDomainData = vi.fn((samples: Float32Array) => void samples.fill(amplitude))

beforeEach(() => {
  amplitude = 0
  getFloatTimeDomainData.mockClear()
  vi.useFakeTimers()
  vi.stubGlobal('document', { visibilityState: 'visible' })
  vi.stubGlobal('MediaStream', class {})
  vi.stubGlobal(
    'AnalyserNode',
    class {
      fftSize = 8
      getFloatTimeDomainData = getFloatTimeDomainData
    },
  )
  return () => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})

function listen() {
  const source = { connect: () => {}, disconnect: () => {} }
  const context = { createMediaStreamSource: () => source } as unknown as AudioContext
  const level = createAudioLevel({ getContext: () => context, readAmplitude: async () => null })
  level.setTrack(new StubTrack(null) as unknown as MediaStreamTrack)
  const heard = vi.fn()
  return { level, heard, stop: level.subscribe(heard) }
}

/** Counts the measurements in `ms` milliseconds. */
function measuredIn(ms: number) {
  getFloatTimeDomainData.mockClear()
  vi.advanceTimersByTime(ms)
  return getFloatTimeDomainData.mock.calls.length
}

it('is measured half as often while all voices are silent', () => {
  const [mine, theirs] = [listen(), listen()]
  expect(measuredIn(1_200)).toBe(2 * 10)
  expect(mine.heard).not.toHaveBeenCalled()
  amplitude = 1
  vi.advanceTimersByTime(120)
  expect(theirs.heard).toHaveBeenCalledOnce()
  expect(measuredIn(1_200)).toBeGreaterThanOrEqual(2 * 19)
  mine.stop()
  theirs.stop()
  expect(measuredIn(1_200)).toBe(0)
})

it('is measured by one timer, even if a listener stops the last meter and starts another', () => {
  const first = listen()
  amplitude = 1
  first.heard.mockImplementationOnce(() => {
    first.stop()
    amplitude = 0
    first.stop = listen().stop
  })
  vi.advanceTimersByTime(120)
  expect(vi.getTimerCount()).toBe(1)
  first.stop()
  expect(vi.getTimerCount()).toBe(0)
})
