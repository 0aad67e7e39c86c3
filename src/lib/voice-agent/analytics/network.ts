import { type NetworkSample, transmissionRating } from '../../../../store/index.js'
import type { NetworkReport } from './reports.js'

/** Number of samples, and thus seconds, for the lowest score. */
const WINDOW_LENGTH = 5

/** Sum of the measured values. */
interface Mean {
  sum: number
  count: number
}

/** Sums of one connection's samples. Their size does not depend on its length. */
export interface NetworkSums {
  samples: number
  rating: Mean
  /** Ratings of the last five samples. */
  recent: number[]
  lowestRating: number | null
  lossReceived: Mean
  lossSent: Mean
  roundTrip: Mean
  longestRoundTrip: number | null
  jitter: Mean
}

export const createNetworkSums = (): NetworkSums => ({
  samples: 0,
  rating: { sum: 0, count: 0 },
  recent: [],
  lowestRating: null,
  lossReceived: { sum: 0, count: 0 },
  lossSent: { sum: 0, count: 0 },
  roundTrip: { sum: 0, count: 0 },
  longestRoundTrip: null,
  jitter: { sum: 0, count: 0 },
})

/**
 * Converts a transmission rating R to the mean opinion score that listeners would give: ITU-T G.107 (2015), Annex B, formula B-4.
 *
 * MOS = 1 + 0.035 R + R (R − 60) (100 − R) · 7 · 10⁻⁶, from 1 for R below 0 to 4.5 for R above 100.
 *
 * @param rating R in the E-model: see `transmissionRating`.
 */
export function meanOpinionScore(rating: number): number {
  if (rating <= 0) return 1
  if (rating >= 100) return 4.5
  // Between 0 and 6.5, the formula yields slightly less than 1.
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
}

/** Excludes larger numbers, whose sums may be infinite. */
const isMeasured = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER

function add(mean: Mean, value: unknown): void {
  if (!isMeasured(value)) return
  mean.sum += value
  mean.count++
}

const meanOf = ({ sum, count }: Mean) => (count === 0 ? null : sum / count)

/** Adds a sample to the sums, mutating them. */
export function addSample(sums: NetworkSums, sample: Partial<NetworkSample>): void {
  sums.samples++
  add(sums.lossReceived, sample.lossReceived)
  add(sums.lossSent, sample.lossSent)
  add(sums.roundTrip, sample.roundTripMs)
  add(sums.jitter, sample.jitterMs)
  const { roundTripMs, jitterMs, lossReceived, lossSent } = sample
  // Without a round trip, the delay is unknown and the score would be too good.
  if (!isMeasured(roundTripMs)) return
  sums.longestRoundTrip = Math.max(sums.longestRoundTrip ?? 0, roundTripMs)
  const rating = transmissionRating({
    roundTripMs,
    jitterMs: isMeasured(jitterMs) ? jitterMs : 0,
    loss: Math.max(isMeasured(lossReceived) ? lossReceived : 0, isMeasured(lossSent) ? lossSent : 0),
  })
  add(sums.rating, rating)
  sums.recent = [...sums.recent, rating].slice(-WINDOW_LENGTH)
  if (sums.recent.length < WINDOW_LENGTH) return
  const mean = sums.recent.reduce((sum, value) => sum + value, 0) / WINDOW_LENGTH
  sums.lowestRating = Math.min(sums.lowestRating ?? mean, mean)
}

const rounded = (value: number | null, digits: number) =>
  value === null ? null : Number(value.toFixed(digits))

const scoreOf = (rating: number | null) => (rating === null ? null : rounded(meanOpinionScore(rating), 2))

export function toNetworkReport(sums: NetworkSums): NetworkReport {
  return {
    samples: sums.samples,
    mos: scoreOf(meanOf(sums.rating)),
    lowestMos: scoreOf(sums.lowestRating),
    lossReceived: rounded(meanOf(sums.lossReceived), 4),
    lossSent: rounded(meanOf(sums.lossSent), 4),
    roundTripMs: rounded(meanOf(sums.roundTrip), 0),
    longestRoundTripMs: rounded(sums.longestRoundTrip, 0),
    jitterMs: rounded(meanOf(sums.jitter), 1),
  }
}
