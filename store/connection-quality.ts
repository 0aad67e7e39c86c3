import type { NetworkSample } from './types.js'

/**
 * Quality of a connection. `excellent`: no audible impairment. `good`: some users notice impairments. `poor`: users have to repeat themselves.
 */
export type ConnectionQuality = 'excellent' | 'good' | 'poor' | 'lost'

/** Number of samples (seconds) to average, because one bad second doesn't make a bad connection. */
const WINDOW_LENGTH = 5
/** Milliseconds of silence after which the connection counts as lost: as long as the heartbeat takes to notice. */
const LOST_AFTER_MS = 4_000

/** Best rating of a narrowband call with all defaults: ITU-T G.107 (2015), 7.1. */
const BEST_RATING = 93.2
/** Tolerance of random loss for a codec with loss concealment: G.711 with PLC, ITU-T G.113, Appendix I. Opus tolerates more. */
const LOSS_ROBUSTNESS = 25.1
/** Delay at both ends on any network, in milliseconds: a packet of 20 ms, and as long again to encode and play it. */
const FIXED_DELAY_MS = 40

/**
 * Computes the transmission rating R of ITU-T's E-model from a connection's statistics: 100 at best, below 50 useless.
 *
 * R = 93.2 − Id − Ie,eff, where Ie,eff = 95 · Ppl / (Ppl + Bpl) (G.107, 7-29 with Ie = 0 and random loss).
 * The delay impairment Id is 0.024 d + 0.11 (d − 177.3) above 177.3 ms: R. G. Cole, J. H. Rosenbluth, "Voice over IP performance
 * monitoring", ACM SIGCOMM Computer Communication Review 31(2), 2001.
 * The one-way delay is half the round trip, plus a jitter buffer of twice the jitter.
 *
 * @param loss 0 to 1.
 */
export function transmissionRating({
  roundTripMs,
  jitterMs,
  loss,
}: {
  roundTripMs: number
  jitterMs: number
  loss: number
}): number {
  const delay = roundTripMs / 2 + 2 * jitterMs + FIXED_DELAY_MS
  const delayImpairment = 0.024 * delay + 0.11 * Math.max(0, delay - 177.3)
  const percent = loss * 100
  return BEST_RATING - delayImpairment - (95 * percent) / (percent + LOSS_ROBUSTNESS)
}

function mean(
  samples: readonly NetworkSample[],
  field: 'roundTripMs' | 'jitterMs' | 'lossReceived' | 'lossSent',
): number {
  const known = samples.flatMap((sample) => sample[field] ?? [])
  return known.length === 0 ? 0 : known.reduce((sum, value) => sum + value, 0) / known.length
}

/**
 * Classifies the last five seconds by ITU-T G.109 (1999), table 1: R from 80, users satisfied; from 70, some dissatisfied; below, many.
 * The worse of the two directions counts.
 *
 * @returns null if nothing has been measured.
 */
export function qualityOf(samples: readonly NetworkSample[]): ConnectionQuality | null {
  const last = samples.at(-1)
  if (!last) return null
  if (last.silentMs >= LOST_AFTER_MS) return 'lost'
  const recent = samples.slice(-WINDOW_LENGTH)
  const rating = transmissionRating({
    roundTripMs: mean(recent, 'roundTripMs'),
    jitterMs: mean(recent, 'jitterMs'),
    loss: Math.max(mean(recent, 'lossReceived'), mean(recent, 'lossSent')),
  })
  if (rating >= 80) return 'excellent'
  return rating >= 70 ? 'good' : 'poor'
}
