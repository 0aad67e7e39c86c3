import { expect, it } from 'vitest'
import { scaleEnd, toPath } from '../../../src/components/voice-agent/panels/Plot.js'

it('a plot has its newest point at the right edge and gaps where measurements are missing', () => {
  const path = toPath(
    [
      { at: 0, value: 0 },
      { at: 1_000, value: 50 },
      { at: 2_000, value: null },
      { at: 3_000, value: 100 },
      // No samples for ten seconds, because the page was hidden.
      { at: 13_000, value: 500 },
      { at: 14_000, value: 25 },
    ],
    100,
  )
  // Values above the scale are clamped to its end.
  expect(path).toBe('M106.0 32.0h0L107.0 16.0M109.0 0.0h0M119.0 0.0h0L120.0 24.0')
  expect(toPath([], 100)).toBe('')
})

it('a scale ends at a round number, and not below the minimum', () => {
  expect([0, 80, 101, 250, 700, 1_001].map((value) => scaleEnd(value, 100))).toEqual([
    100, 100, 200, 300, 800, 2_000,
  ])
  expect(scaleEnd(0.12, 0.05)).toBeCloseTo(0.2)
})
