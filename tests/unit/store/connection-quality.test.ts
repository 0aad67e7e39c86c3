import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { qualityOf, transmissionRating } from '../../../store/connection-quality.js'
import type { NetworkSample } from '../../../store/types.js'

const sample = (part: Partial<NetworkSample> = {}): NetworkSample => ({
  at: 0,
  roundTripMs: 20,
  jitterMs: 2,
  lossReceived: 0,
  lossSent: 0,
  bitrateReceived: 32_000,
  bitrateSent: 32_000,
  silentMs: 0,
  ...part,
})
const five = (part: Partial<NetworkSample>) => Array.from({ length: 5 }, () => sample(part))

describe('the quality of a connection', () => {
  it('follows the transmission rating in G.107, calculated by hand', () => {
    // No network at all: 93.2 − 0.024 · 40.
    expect(transmissionRating({ roundTripMs: 0, jitterMs: 0, loss: 0 })).toBeCloseTo(92.24, 5)
    // d = 200 + 20 + 40 = 260: Id = 6.24 + 0.11 · 82.7 = 15.337; 2 % lost: 95 · 2 / 27.1 = 7.011.
    expect(transmissionRating({ roundTripMs: 400, jitterMs: 10, loss: 0.02 })).toBeCloseTo(70.852, 3)
  })

  it('is null before anything is known, and then a category', () => {
    expect(qualityOf([])).toBeNull()
    expect(qualityOf(five({}))).toBe('excellent')
    expect(qualityOf(five({ roundTripMs: 400, jitterMs: 10, lossReceived: 0.02 }))).toBe('good')
    expect(qualityOf(five({ lossReceived: 0.12 }))).toBe('poor')
    expect(qualityOf(five({ lossSent: 0.12 }))).toBe('poor')
    expect(qualityOf([...five({}), sample({ silentMs: 4_000 })])).toBe('lost')
  })

  it('does not change for one bad second, or for missing values', () => {
    expect(qualityOf([...five({}), sample({ lossReceived: 0.15 })])).toBe('excellent')
    expect(
      qualityOf([sample({ roundTripMs: null, jitterMs: null, lossReceived: null, lossSent: null })]),
    ).toBe('excellent')
  })

  it('never improves with more delay, jitter or loss', () => {
    const condition = fc.record({
      roundTripMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
      jitterMs: fc.double({ min: 0, max: 500, noNaN: true }),
      loss: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(condition, condition, (a, b) => {
        const worse = {
          roundTripMs: Math.max(a.roundTripMs, b.roundTripMs),
          jitterMs: Math.max(a.jitterMs, b.jitterMs),
          loss: Math.max(a.loss, b.loss),
        }
        // Ignores the last digit, which rounding may change.
        return transmissionRating(worse) <= transmissionRating(a) + 1e-9
      }),
    )
  })
})
