/** The network as it was in the second before `at`. What nobody measured is null. */
export interface NetworkSample {
  /** Milliseconds since the epoch. */
  at: number
  /** Milliseconds there and back. */
  roundTripMs: number | null
  /** Variation of the time between packets, in milliseconds (RFC 3550, 6.4.1). */
  jitterMs: number | null
  /** Packets of sound that did not arrive here, of those that should have: 0 to 1. */
  lossReceived: number | null
  /** Packets of sound sent that did not arrive there: 0 to 1. */
  lossSent: number | null
  /** Bits of sound a second, without headers. */
  bitrateReceived: number | null
  bitrateSent: number | null
  /** Milliseconds since anything came from the other side at all. */
  silentMs: number
}
