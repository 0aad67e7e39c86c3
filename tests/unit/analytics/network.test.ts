import { describe, expect, it } from 'vitest'
import {
  addSample,
  createNetworkSums,
  meanOpinionScore,
  toNetworkReport,
} from '../../../src/lib/voice-agent/analytics/network.js'
import { type NetworkSample, transmissionRating } from '../../../store/index.js'

const sample = (changed: Partial<NetworkSample> = {}): NetworkSample => ({
  at: 0,
  roundTripMs: 40,
  jitterMs: 2,
  lossReceived: 0,
  lossSent: 0,
  bitrateReceived: null,
  bitrateSent: null,
  silentMs: 0,
  ...changed,
})

function reportOf(samples: readonly NetworkSample[]) {
  const sums = createNetworkSums()
  for (const each of samples) addSample(sums, each)
  return toNetworkReport(sums)
}

describe('the mean opinion score', () => {
  // ITU-T G.107 (2015), table B.1: lower limits of R and MOS for each degree of satisfaction. The table rounds up: 4.024 is 4.03 there.
  it.each([
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('of R = %d is %d, as in table B.1 of G.107', (rating, score) => {
    const error = score - meanOpinionScore(rating)
    expect(error).toBeGreaterThan(-1e-9)
    expect(error).toBeLessThan(0.01)
  })

  it('of a call with all defaults, R = 93.2, is 4.41', () => {
    expect(meanOpinionScore(93.2)).toBeCloseTo(4.41, 2)
  })

  it('is between 1 and 4.5, and does not fall as R grows', () => {
    expect([
      meanOpinionScore(-20),
      meanOpinionScore(0),
      meanOpinionScore(100),
      meanOpinionScore(130),
    ]).toEqual([1, 1, 4.5, 4.5])
    let before = 0
    for (let rating = -10; rating <= 110; rating += 0.5) {
      const score = meanOpinionScore(rating)
      expect(score).toBeGreaterThanOrEqual(before)
      before = score
    }
  })
})

describe('the network of a connection', () => {
  it('is rated by the mean of its seconds', () => {
    const report = reportOf(Array.from({ length: 10 }, () => sample()))
    const rating = transmissionRating({ roundTripMs: 40, jitterMs: 2, loss: 0 })
    expect(report).toEqual({
      samples: 10,
      mos: Number(meanOpinionScore(rating).toFixed(2)),
      lowestMos: Number(meanOpinionScore(rating).toFixed(2)),
      lossReceived: 0,
      lossSent: 0,
      roundTripMs: 40,
      longestRoundTripMs: 40,
      jitterMs: 2,
    })
  })

  it('uses the worse direction, and the worst five seconds', () => {
    const good = Array.from({ length: 20 }, () => sample())
    const bad = Array.from({ length: 5 }, () => sample({ lossSent: 0.2, roundTripMs: 400 }))
    const report = reportOf([...good, ...bad, ...good])
    const worst = transmissionRating({ roundTripMs: 400, jitterMs: 2, loss: 0.2 })
    expect(report.lowestMos).toBe(Number(meanOpinionScore(worst).toFixed(2)))
    expect(report.mos).toBeGreaterThan(report.lowestMos ?? 5)
    expect(report).toMatchObject({ samples: 45, lossSent: 0.0222, roundTripMs: 80, longestRoundTripMs: 400 })
  })

  it('has no score without a round trip, and no value that was not measured', () => {
    const nothing = { roundTripMs: null, jitterMs: null, lossReceived: null, lossSent: null }
    expect(reportOf([sample(nothing)])).toEqual({
      samples: 1,
      mos: null,
      lowestMos: null,
      lossReceived: null,
      lossSent: null,
      roundTripMs: null,
      longestRoundTripMs: null,
      jitterMs: null,
    })
  })

  it('needs no more memory for an hour than for five seconds', () => {
    const sums = createNetworkSums()
    for (let second = 0; second < 3_600; second++) addSample(sums, sample())
    expect(sums.recent).toHaveLength(5)
  })
})
