/**
 * Milliseconds of silence after which a peer counts as gone. With a tick every 500 ms, a loss is noticed within 4 s. Half a
 * second may pass before the first silent tick, and half before the last.
 */
const longestSilence = 3_000
/** Milliseconds of silence after which it is worth asking the server. */
const notableSilence = 1_000
/** Ticks with a sign of life before silence counts, because a connection may be slow to begin. */
const beatsToTrust = 3
/** Milliseconds between two ticks above which the page, not the peer, was asleep. */
const longestTick = 2_500

/**
 * Detects a dead peer by its missing signs of life. `connectionState` takes 16 s to notice a killed server.
 *
 * A silent bot is not dead: Pipecat answers no ping, and many bots send no sound between two answers. Their host still acknowledges each
 * ping on the data channel (SCTP) and answers checks of the path (STUN).
 */
export interface Heartbeat {
  /**
   * Call it about twice a second. A `silent` peer may be alive.
   *
   * @param receivedCount Counts everything received so far, of any layer.
   * @param now Milliseconds since the epoch.
   */
  tick(receivedCount: number, now: number): 'alive' | 'silent' | 'gone'
}

export function createHeartbeat(): Heartbeat {
  let lastReceivedCount = 0
  let lastTick: number | null = null
  let silentSince = 0
  let beats = 0

  return {
    tick(receivedCount, now) {
      const wasAsleep = lastTick !== null && now - lastTick > longestTick
      lastTick = now
      if (receivedCount !== lastReceivedCount) {
        lastReceivedCount = receivedCount
        beats++
        silentSince = now
      } else if (wasAsleep) silentSince = now
      const silence = beats >= beatsToTrust ? now - silentSince : 0
      return silence >= longestSilence ? 'gone' : silence >= notableSilence ? 'silent' : 'alive'
    },
  }
}
