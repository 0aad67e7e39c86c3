/**
 * A peer that has been heard regularly and is then silent for longer than this is gone, in milliseconds. With a tick every 500 ms that is
 * noticed within 4 s: half a second can pass before the first silent tick, and half before the last.
 */
const longestSilence = 3_000
/** So often it must have been heard before silence says anything: some bots answer no ping and send no sound. */
const beatsToTrust = 3
/** Ticks that come later than this tell that the page was asleep, not the peer. */
const longestTick = 2_500

/** Judges from signs of life whether the peer is still there. `connectionState` takes 16 s to notice a killed server. */
export interface Heartbeat {
  /** Call it about twice a second with what was heard until now: a count that grows while the peer lives. */
  tick(heard: number, now: number): 'alive' | 'gone'
}

export function createHeartbeat(): Heartbeat {
  let lastHeard = 0
  let lastTick: number | null = null
  let silentSince = 0
  let beats = 0

  return {
    tick(heard, now) {
      const wasAsleep = lastTick !== null && now - lastTick > longestTick
      lastTick = now
      if (heard !== lastHeard) {
        lastHeard = heard
        beats++
        silentSince = now
      } else if (wasAsleep) silentSince = now
      return beats >= beatsToTrust && now - silentSince >= longestSilence ? 'gone' : 'alive'
    },
  }
}
