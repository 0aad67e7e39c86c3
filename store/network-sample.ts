/** Network in the second before `at`. A value that was not measured is null. */
export interface NetworkSample {
  /** Milliseconds since the epoch. */
  at: number
  /** Round trip, in milliseconds. */
  roundTripMs: number | null
  /** Variation of the time between packets, in milliseconds (RFC 3550, 6.4.1). */
  jitterMs: number | null
  /** Share of the expected sound packets that did not arrive here: 0 to 1. */
  lossReceived: number | null
  /** Share of the sent sound packets that did not arrive there: 0 to 1. */
  lossSent: number | null
  /** Bits of sound per second, without headers. */
  bitrateReceived: number | null
  bitrateSent: number | null
  /** Milliseconds since anything arrived from the other side. */
  silentMs: number
}
